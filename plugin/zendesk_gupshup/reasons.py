"""The detector's own words (which rule spoke, what speaks against it, what stayed unread), in the note's language.

They are written once, in English, where they arise. A phrase that is missing here is shown in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .models import Language

# An ellipsis stands for what a phrase quotes; the other languages have as many, in the same order.
_PHRASES: tuple[tuple[str, str, str], ...] = (
    # Rules.
    ('number after "…"', "número después de «…»", 'número depois de "…"'),
    ("number that was seen", "número que se vio", "número que apareceu"),
    ("number as Meta writes it", "número como lo escribe Meta", "número como a Meta o escreve"),
    ("number alone on its line", "número solo en su línea", "número sozinho na linha"),
    ("number", "número", "número"),
    ("wording", "frase propia del código", "frase própria do código"),
    ("symptom", "síntoma", "sintoma"),
    ("a refused key, in words", "clave rechazada, con palabras", "chave recusada, em palavras"),
    ("failed message event", "evento de mensaje fallido", "evento de mensagem com falha"),
    ("code and reason", "código y motivo", "código e motivo"),
    ("delivery report", "informe de entrega", "relatório de entrega"),
    ("gateway answer", "respuesta del gateway", "resposta do gateway"),
    ("status of a message", "estado de un mensaje", "status de uma mensagem"),
    ("template or account event", "evento de plantilla o de cuenta", "evento de modelo ou de conta"),
    ("Graph error", "error de Graph", "erro do Graph"),
    ("API answer", "respuesta de la API", "resposta da API"),
    ("log line with a status", "línea de registro con un estado", "linha de log com um status"),
    (
        "Meta's error inside an API answer",
        "error de Meta dentro de una respuesta de la API",
        "erro da Meta dentro de uma resposta da API",
    ),
    # What speaks against a finding.
    ("Gupshup is not named", "no se nombra a Gupshup", "o Gupshup não é citado"),
    ("WhatsApp is not named", "no se nombra a WhatsApp", "o WhatsApp não é citado"),
    ("perhaps told in general", "tal vez se cuenta en general", "talvez contado em termos gerais"),
    ("other systems are named too", "también se nombran otros sistemas", "outros sistemas também são citados"),
    ("another system is named", "se nombra otro sistema", "outro sistema é citado"),
    ("several codes are named", "se nombran varios códigos", "vários códigos são citados"),
    ("part of a question", "es parte de una pregunta", "faz parte de uma pergunta"),
    ("the status is not in the text", "el estado no figura en el texto", "o status não está no texto"),
    ('the ticket also says "…"', "el ticket también dice «…»", 'o ticket também diz "…"'),
    ("…: the words fit less", "…: las palabras encajan menos", "…: as palavras combinam menos"),
    ("a common number without its words", "un número común, sin sus palabras", "um número comum, sem suas palavras"),
    (
        "nothing beside the number says that it is a code",
        "nada junto al número dice que sea un código",
        "nada junto ao número diz que é um código",
    ),
    (
        "nothing beside the number says that it is a status",
        "nada junto al número dice que sea un estado",
        "nada junto ao número diz que é um status",
    ),
    (
        "read from a picture, where a digit may be misread",
        "leído de una imagen, donde un dígito puede leerse mal",
        "lido de uma imagem, onde um dígito pode ser lido errado",
    ),
    # What could not be read beside the ticket.
    (
        "the organization's users (status …)",
        "los usuarios de la organización (estado …)",
        "os usuários da organização (status …)",
    ),
    (
        "the list of groups, so the group stays as it is (status …)",
        "la lista de grupos, así que el grupo no cambia (estado …)",
        "a lista de grupos, por isso o grupo não muda (status …)",
    ),
    (
        "written by an agent on behalf of the requester",
        "escrito por un agente en nombre del solicitante",
        "escrito por um agente em nome do solicitante",
    ),
    (
        "written by … on behalf of the requester",
        "escrito por … en nombre del solicitante",
        "escrito por … em nome do solicitante",
    ),
    (
        "quoted in a merge by an agent",
        "citado en una fusión hecha por un agente",
        "citado em uma mescla feita por um agente",
    ),
    ("quoted in a merge by …", "citado en una fusión hecha por …", "citado em uma mescla feita por …"),
    (
        "stands in a transcript, where agents and bots speak too",
        "figura en una transcripción, donde también hablan agentes y bots",
        "consta em uma transcrição, onde também falam agentes e bots",
    ),
    # What stayed unread, after the name of the file.
    ("a picture", "una imagen", "uma imagem"),
    (
        "a picture; reading pictures takes the extra …",
        "una imagen; para leer imágenes hace falta el extra …",
        "uma imagem; para ler imagens é preciso o extra …",
    ),
    (
        "a picture; the settings leave pictures unread",
        "una imagen; la configuración no lee imágenes",
        "uma imagem; a configuração não lê imagens",
    ),
    (
        "a picture of a kind that is not read (…); PNG, JPEG and WebP are",
        "una imagen de un tipo que no se lee (…); sí PNG, JPEG y WebP",
        "uma imagem de um tipo que não é lido (…); PNG, JPEG e WebP são",
    ),
    (
        "an archive (…); archives are not opened",
        "un archivo comprimido (…); no se abren",
        "um arquivo compactado (…); não são abertos",
    ),
    (
        "a … file; only spreadsheets (.xlsx), PDF and text files are read",
        "un archivo …; solo se leen planillas (.xlsx), PDF y archivos de texto",
        "um arquivo …; só são lidos planilhas (.xlsx), PDF e arquivos de texto",
    ),
    (
        "an old Office file (.xls, .doc); save it as .xlsx, .csv or PDF",
        "un archivo de Office antiguo (.xls, .doc); guárdelo como .xlsx, .csv o PDF",
        "um arquivo antigo do Office (.xls, .doc); salve como .xlsx, .csv ou PDF",
    ),
    ("sound or film", "audio o video", "áudio ou vídeo"),
    ("a program", "un programa", "um programa"),
    ("a database", "una base de datos", "um banco de dados"),
    (
        "neither text nor a known kind of document",
        "ni texto ni un tipo de documento conocido",
        "nem texto nem um tipo de documento conhecido",
    ),
    ("takes too long to read", "leerlo toma demasiado tiempo", "a leitura demora demais"),
    ("broken: reading it ended the reader", "dañado: no se pudo leer", "danificado: não foi possível ler"),
    (
        "not read this time: the reader was busy with other files",
        "no se leyó esta vez: había otros archivos en lectura",
        "não foi lido desta vez: havia outros arquivos em leitura",
    ),
    (
        "not read this time: the reader did not start",
        "no se leyó esta vez: el lector no arrancó",
        "não foi lido desta vez: o leitor não iniciou",
    ),
    ("only … of … pages were read", "solo se leyeron … de … páginas", "só foram lidas … de … páginas"),
    (
        "… characters in the middle were not read",
        "… caracteres del medio no se leyeron",
        "… caracteres do meio não foram lidos",
    ),
    ("holds no text", "no contiene texto", "não contém texto"),
    ("a broken PDF", "un PDF dañado", "um PDF danificado"),
    ("a PDF that is locked with a password", "un PDF protegido con contraseña", "um PDF protegido por senha"),
    (
        "a PDF without text; the pictures on its pages are not read",
        "un PDF sin texto; las imágenes de sus páginas no se leen",
        "um PDF sem texto; as imagens das páginas não são lidas",
    ),
    ("an empty spreadsheet", "una planilla vacía", "uma planilha vazia"),
    ("a broken spreadsheet", "una planilla dañada", "uma planilha danificada"),
    (
        "a spreadsheet that is broken, or locked with a password",
        "una planilla dañada o protegida con contraseña",
        "uma planilha danificada ou protegida por senha",
    ),
    (
        "a spreadsheet that unfolds to … MB",
        "una planilla que se expande a … MB",
        "uma planilha que se expande para … MB",
    ),
    ("a broken picture", "una imagen dañada", "uma imagem danificada"),
    (
        "only the upper part of it was read, … of … pieces of text",
        "solo se leyó la parte de arriba, … de … fragmentos de texto",
        "só foi lida a parte de cima, … de … trechos de texto",
    ),
    ("a picture in which no text was found", "una imagen en la que no se halló texto", "uma imagem sem texto legível"),
    (
        "a picture with far too many points",
        "una imagen con demasiados puntos",
        "uma imagem com pontos demais",
    ),
    (
        "too deep, in a mail in a mail",
        "demasiado adentro, correo dentro de correo",
        "e-mail dentro de outro e-mail",
    ),
    ("takes too much memory to read", "leerlo pide demasiada memoria", "a leitura exige memória demais"),
    ("broken: it could not be read", "dañado: no se pudo leer", "danificado: não foi possível ler"),
    ("Zendesk found malware in it", "Zendesk encontró software malicioso", "o Zendesk encontrou software malicioso"),
    (
        "the conversation: Zendesk does not give it out (status …)",
        "la conversación: Zendesk no la entrega (estado …)",
        "a conversa: o Zendesk não a entrega (status …)",
    ),
    ("could not be fetched", "no se pudo obtener", "não foi possível obter"),
    ("could not be fetched (status …)", "no se pudo obtener (estado …)", "não foi possível obter (status …)"),
    ("larger than … kB", "mayor que … kB", "maior que … kB"),
    (
        "more than … files; the newest were read",
        "más de … archivos; se leyeron los más nuevos",
        "mais de … arquivos; os mais novos foram lidos",
    ),
    (
        "not read this time: the ticket's other files took too long",
        "no se leyó esta vez: los otros archivos del ticket tardaron demasiado",
        "não foi lido desta vez: os outros arquivos do ticket demoraram demais",
    ),
    (
        "… of … characters in the middle were not read",
        "… de … caracteres del medio no se leyeron",
        "… de … caracteres do meio não foram lidos",
    ),
)
_QUOTED = "(.{1,300}?)"


def in_language(phrase: str, language: Language) -> str:
    """`phrase` as an agent of that language reads it; behind the name of a file or comment, too."""
    if language == "en":
        return phrase
    told = next(_translations(phrase, language), None)
    # A file's name may hold a colon itself.
    for colon in (found.end() for found in re.finditer(": ", phrase) if told is None):
        told = next((phrase[:colon] + said for said in _translations(phrase[colon:], language)), None)
    return told or phrase


def _translations(phrase: str, language: Language) -> Iterator[str]:
    for pattern, spanish, portuguese in _PATTERNS:
        found = pattern.fullmatch(phrase)
        if found:
            parts = (spanish if language == "es" else portuguese).split("…")
            yield parts[0] + "".join(said + part for said, part in zip(found.groups(), parts[1:], strict=True))


_PATTERNS = tuple(
    (re.compile(re.escape(english).replace("…", _QUOTED), re.DOTALL), spanish, portuguese)
    for english, spanish, portuguese in _PHRASES
)
