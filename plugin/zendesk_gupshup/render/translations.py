"""The detector's own words (which rule spoke, what speaks against it, what stayed unread), in the note's language.

They are written once, in English, where they arise. A phrase that is missing here is shown in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zendesk_gupshup.attachments.limits import BETWEEN_REASONS
from zendesk_gupshup.model.base import Language

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
        "an archive (…); archives are not opened; ask for the files in it",
        "un archivo comprimido (…); no se abren; pida los archivos que contiene",
        "um arquivo compactado (…); não são abertos; peça os arquivos que ele contém",
    ),
    (
        "a data file (…), which is not read; ask for it as CSV",
        "un archivo de datos (…), que no se lee; pídalo en CSV",
        "um arquivo de dados (…), que não é lido; peça em CSV",
    ),
    (
        "a capture of network traffic, which is not read; ask for the answer as text",
        "una captura de tráfico de red, que no se lee; pida la respuesta como texto",
        "uma captura de tráfego de rede, que não é lida; peça a resposta como texto",
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
    (
        "a PDF without text; the pictures on its pages are not read",
        "un PDF sin texto; las imágenes de sus páginas no se leen",
        "um PDF sem texto; as imagens das páginas não são lidas",
    ),
    ("an empty spreadsheet", "una planilla vacía", "uma planilha vazia"),
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
    (
        "the conversation: it is longer than … pages, and its end was not read",
        "la conversación: tiene más de … páginas y no se leyó su final",
        "a conversa: tem mais de … páginas, e o final não foi lido",
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
    # Files of kinds, and parts of files, with what to ask for.
    (
        "a … file, which is not read; ask for it as PDF",
        "un archivo …, que no se lee; pídalo en PDF",
        "um arquivo …, que não é lido; peça em PDF",
    ),
    (
        "an old Word document (.doc); ask for it as PDF",
        "un documento antiguo de Word (.doc); pídalo en PDF",
        "um documento antigo do Word (.doc); peça em PDF",
    ),
    (
        "an old PowerPoint file (.ppt); ask for it as PDF",
        "un archivo antiguo de PowerPoint (.ppt); pídalo en PDF",
        "um arquivo antigo do PowerPoint (.ppt); peça em PDF",
    ),
    ("a Visio drawing; ask for it as PDF", "un dibujo de Visio; pídalo en PDF", "um desenho do Visio; peça em PDF"),
    (
        "an old Office file of a kind that is not read; ask for it as PDF",
        "un archivo antiguo de Office de un tipo que no se lee; pídalo en PDF",
        "um arquivo antigo do Office de um tipo que não é lido; peça em PDF",
    ),
    (
        "a broken Office file; ask for it as PDF",
        "un archivo de Office dañado; pídalo en PDF",
        "um arquivo do Office danificado; peça em PDF",
    ),
    (
        "an Office file that is locked with a password; ask for a copy without a password",
        "un archivo de Office protegido con contraseña; pida una copia sin contraseña",
        "um arquivo do Office protegido por senha; peça uma cópia sem senha",
    ),
    (
        "a workbook that is locked with a password; ask for a copy without a password",
        "una planilla protegida con contraseña; pida una copia sin contraseña",
        "uma planilha protegida por senha; peça uma cópia sem senha",
    ),
    (
        "a PDF that is locked with a password; ask for a copy without a password",
        "un PDF protegido con contraseña; pida una copia sin contraseña",
        "um PDF protegido por senha; peça uma cópia sem senha",
    ),
    (
        "a broken PDF; ask for it again or for a screenshot",
        "un PDF dañado; pídalo de nuevo o pida una captura de pantalla",
        "um PDF danificado; peça de novo ou peça uma captura de tela",
    ),
    (
        "… of … pages are pictures, which are not read",
        "… de … páginas son imágenes, que no se leen",
        "… de … páginas são imagens, que não são lidas",
    ),
    (
        "page … is broken: it was not read",
        "la página … está dañada: no se leyó",
        "a página … está danificada: não foi lida",
    ),
    (
        "the notes on page … could not be read",
        "no se pudieron leer las notas de la página …",
        "não foi possível ler as notas da página …",
    ),
    ("only its first … notes were read", "solo se leyeron sus primeras … notas", "só foram lidas as primeiras … notas"),
    (
        "its form is of a kind (XFA) that is not read; ask for a printed PDF or a screenshot",
        "su formulario es de un tipo (XFA) que no se lee; pida un PDF impreso o una captura de pantalla",
        "o formulário é de um tipo (XFA) que não é lido; peça um PDF impresso ou uma captura de tela",
    ),
    (
        "the files inside it are not read; ask for them as they are",
        "los archivos que contiene no se leen; pídalos tal como son",
        "os arquivos dentro dele não são lidos; peça-os como são",
    ),
    ("the pictures in it are not read", "las imágenes que contiene no se leen", "as imagens dentro dele não são lidas"),
    (
        "a broken spreadsheet; ask for it as .csv or PDF",
        "una planilla dañada; pídala en .csv o PDF",
        "uma planilha danificada; peça em .csv ou PDF",
    ),
    (
        "a spreadsheet that unfolds to … MB; ask for a part of it",
        "una planilla que se expande a … MB; pida una parte",
        "uma planilha que se expande para … MB; peça uma parte",
    ),
    ("the hidden sheet … was not read", "la hoja oculta … no se leyó", "a planilha oculta … não foi lida"),
    (
        "the sheet … is broken: it was not read",
        "la hoja … está dañada: no se leyó",
        "a planilha … está danificada: não foi lida",
    ),
    (
        "the sheet … is broken: only its first … rows were read",
        "la hoja … está dañada: solo se leyeron sus primeras … filas",
        "a planilha … está danificada: só foram lidas as primeiras … linhas",
    ),
    (
        "a part of its texts could not be read",
        "no se pudo leer una parte de sus textos",
        "não foi possível ler uma parte dos textos",
    ),
    ("its notes could not be read", "no se pudieron leer sus notas", "não foi possível ler as notas"),
    (
        "only its first … sheets were read",
        "solo se leyeron sus primeras … hojas",
        "só foram lidas as primeiras … planilhas",
    ),
    ("only its first … rows were read", "solo se leyeron sus primeras … filas", "só foram lidas as primeiras … linhas"),
    (
        "only its first … parts were read",
        "solo se leyeron sus primeras … partes",
        "só foram lidas as primeiras … partes",
    ),
    ("only its first … kB were read", "solo se leyeron sus primeros … kB", "só foram lidos os primeiros … kB"),
    (
        "… characters at its end were not read",
        "… caracteres del final no se leyeron",
        "… caracteres do fim não foram lidos",
    ),
    (
        "an Outlook file in a form that is not read (winmail.dat); ask for the files in it as they are",
        "un archivo de Outlook en un formato que no se lee (winmail.dat); pida los archivos que contiene tal como son",
        "um arquivo do Outlook em um formato que não é lido (winmail.dat); peça os arquivos dentro dele como são",
    ),
    (
        "an encrypted file (PGP); ask for it without encryption",
        "un archivo cifrado (PGP); pídalo sin cifrar",
        "um arquivo criptografado (PGP); peça sem criptografia",
    ),
    (
        "an encrypted mail (PGP); ask for it without encryption",
        "un correo cifrado (PGP); pídalo sin cifrar",
        "um e-mail criptografado (PGP); peça sem criptografia",
    ),
    (
        "an encrypted mail (S/MIME); ask for it without encryption",
        "un correo cifrado (S/MIME); pídalo sin cifrar",
        "um e-mail criptografado (S/MIME); peça sem criptografia",
    ),
    (
        "a mail in an S/MIME form that is not read",
        "un correo en un formato S/MIME que no se lee",
        "um e-mail em um formato S/MIME que não é lido",
    ),
    (
        "a digital signature; it holds no text",
        "una firma digital; no contiene texto",
        "uma assinatura digital; não contém texto",
    ),
    (
        "a part of a mail that lies elsewhere; ask for the file itself",
        "una parte de un correo que está en otro lugar; pida el archivo mismo",
        "uma parte de um e-mail que está em outro lugar; peça o próprio arquivo",
    ),
    (
        "its text is RTF, which is not read; ask for it as .eml or PDF",
        "su texto es RTF, que no se lee; pídalo en .eml o PDF",
        "o texto é RTF, que não é lido; peça em .eml ou PDF",
    ),
    (
        "a picture of … by … points, which is too large",
        "una imagen de … por … puntos, demasiado grande",
        "uma imagem de … por … pontos, grande demais",
    ),
    (
        "only the upper part of it was read, … of … pieces of text",
        "solo se leyó su parte superior, … de … fragmentos de texto",
        "só foi lida a parte superior, … de … trechos de texto",
    ),
    ("a mail in the mail", "un correo dentro del correo", "um e-mail dentro do e-mail"),
    ("a file in the mail", "un archivo dentro del correo", "um arquivo dentro do e-mail"),
    ("a part of it (…)", "una parte (…)", "uma parte (…)"),
)
_QUOTED = "(.{1,300}?)"


def in_language(phrase: str, language: Language) -> str:
    """`phrase` as an agent of that language reads it; behind the name of a file or comment, and one of several, too."""
    if language == "en":
        return phrase
    return BETWEEN_REASONS.join(_told(part, language) for part in phrase.split(BETWEEN_REASONS))


def _told(phrase: str, language: Language) -> str:
    told = next(_translations(phrase, language), None)
    if told is not None:
        return told
    # A file's name may hold a colon itself.
    for colon in re.finditer(": ", phrase):
        told = next(_translations(phrase[colon.end() :], language), None)
        if told is not None:
            names = phrase[: colon.start()].split(": ")
            return ": ".join([*(next(_translations(name, language), name) for name in names), told])
    return phrase


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
