"""A made-up helpdesk for looking at pages: one ticket with everything on it, and some beside it."""

from __future__ import annotations

from fpdf import FPDF

from zendesk_sandbox.kinds import make
from zendesk_sandbox.seed import ADMIN_EMAIL
from zendesk_sandbox.store import SandboxStore

_PASTED = """Hola, buenos días.

Desde ayer a las 18:40 no podemos cargar las plantillas ni enviar mensajes. Nuestro equipo ya generó una API Key nueva \
y sigue igual. Esto es lo que devuelve Gupshup:

{
  "status": "error",
  "message": {
    "code": 401,
    "error": "Unauthorized",
    "detail": "Portal User Not Found With APIKey"
  },
  "app": "LovelaceOptics",
  "traceId": "5d1f0c3a-7a41-4c0e-9d0e-2f6f4f1b7c11"
}

¿Nos pueden ayudar? Es urgente, tenemos una campaña hoy.

Elena Ferrer
Lovelace Optics"""

_NOTE = """<h3>Gupshup HTTP 401, found with certainty</h3>
<p>The client's own words name the code, in the first message:</p>
<pre><code>"code": 401,
"detail": "Portal User Not Found With APIKey"</code></pre>
<blockquote><p><strong>⚠ Do not touch the API key</strong></p>
<p>Do not generate or replace API keys without the OWNER role. Gupshup gives full permissions, reading and sending
templates, only to keys that the account owner generated. Stop technical manipulation.</p></blockquote>
<table><thead><tr><th>What</th><th>Value</th><th>From</th></tr></thead><tbody>
<tr><td>App Name</td><td><code>LovelaceOptics</code></td><td>ticket text</td></tr>
<tr><td>App ID</td><td><code>6f1e2d3c-4b5a-4978-8c6d-0e1f2a3b4c5d</code></td><td>organization</td></tr>
<tr><td>Owner's e-mail</td><td>owner@lovelace.example.com</td><td>organization</td></tr></tbody></table>
<p>Sent to the client: the owner escalation in Spanish, the guide and the draft.
<a href="https://support.gupshup.io/hc/en-us/requests/new">Open the form, filled in</a></p>"""

_REPLY = """<p>Hola, Elena:</p>
<p>Se ha detectado un error de autenticación (401). Este incidente debe ser gestionado por el propietario (Owner) de la
cuenta de Gupshup, quien debe validar sus credenciales y, en caso de que el error persista, contactar directamente al
soporte oficial de Gupshup desde su perfil de propietario para escalar el caso.</p>
<p><strong>Qué hacer ahora</strong></p>
<ol><li>Entrar en <a href="https://support.gupshup.io">support.gupshup.io</a> con el correo del propietario.</li>
<li>Crear un ticket con estos datos:<ul><li>App Name: <code>LovelaceOptics</code></li>
<li>App ID: <code>6f1e2d3c-4b5a-4978-8c6d-0e1f2a3b4c5d</code></li></ul></li>
<li>Adjuntar la captura del error y la de <em>App Settings</em>. Solo en el ticket de Gupshup, no aquí.</li></ol>
<p>El borrador del ticket va adjunto, listo para copiar y pegar.</p>"""

_DRAFT = """Subject: HTTP 401 Unauthorized on LovelaceOptics

App Name: LovelaceOptics
App ID: 6f1e2d3c-4b5a-4978-8c6d-0e1f2a3b4c5d
Error Type: HTTP 401 Unauthorized (Persistent after refreshing API Key)
"""

_Ticket = tuple[str, str, str, str, str | None, str]
# E-mail, name, language, subject, status, tags.
_OTHERS: tuple[_Ticket, ...] = (
    ("linnea@example.com", "Linnea", "en-US", "Template parameters do not match", "pending", "gupshup__meta_132000"),
    ("joao@example.com", "João Pereira", "pt-BR", "Mensagens não chegam (131049)", "open", "gupshup__meta_131049"),
    ("linus@example.com", "Linus", "en-US", "How do I add a second agent?", None, ""),
    ("mei@example.com", "Mei Tanaka", "en-US", "Wallet balance too low, code 1003", "hold", "gupshup__1003"),
    ("omar@example.com", "عمر", "en-US", "خطأ في إرسال الرسائل", "solved", "billing"),
)  # fmt: skip


def fill(store: SandboxStore) -> int:
    """Puts everything into a seeded store and gives the id of the ticket to look at."""
    bot, agent = store.user_by_email(ADMIN_EMAIL), store.user_by_email("grace@example.com")
    group = next(group["id"] for group in store.groups.values() if group["name"] == "WhatsApp N2")
    options = [{"name": "Gupshup HTTP 401", "value": "gupshup_error__http_401"}]
    field = make(store, "ticket_fields", {"title": "Gupshup error", "type": "tagger", "custom_field_options": options})[
        "id"
    ]
    actions = [{"field": "current_tags", "value": "gupshup_draft"}]
    make(store, "macros", {"title": "Gupshup: prepare the owner's draft", "actions": actions})
    for email, name, locale, subject, status, tag in _OTHERS:
        ticket = store.write_as_client(email, name, subject, subject=subject, locale=locale)
        if status:
            tags = ["gupshup", tag] if tag.startswith("gupshup") else [tag]
            change = {"assignee_id": agent["id"], "status": status, "tags": tags}
            store.update_ticket(ticket["id"], change, agent["id"])
    ticket_id = int(
        store.write_as_client(
            "elena@lovelace.example.com",
            "Elena Ferrer",
            _PASTED,
            subject="Error 401 al cargar plantillas, URGENTE",
            locale="es",
            files=[("log.txt", "text/plain", b'2026-11-20 18:41 POST /wa/api/v1/template/msg -> 401\n{"code": 401}\n')],
        )["id"]
    )
    guide, _ = store.upload("guia-para-el-owner.pdf", "application/pdf", pdf("Guía para el Owner"))
    store.upload("borrador-ticket-gupshup.txt", "text/plain; charset=utf-8", _DRAFT.encode(), guide)
    found = ["gupshup", "gupshup__http_401"]
    reply = {
        "comment": {"html_body": _REPLY, "public": True, "uploads": [guide]},
        "tags": [*found, "gupshup_replied__http_401", "gupshup_state__awaiting_owner"],
        "status": "pending",
        "priority": "high",
        "group_id": group,
        "custom_fields": [{"id": field, "value": "gupshup_error__http_401"}],
        "metadata": {"gupshup": {"run": "8f1c2d", "step": "reply", "code": "gupshup_http 401"}},
    }
    ticket, _ = store.update_ticket(ticket_id, reply, bot["id"])
    note = {
        "comment": {"html_body": _NOTE, "public": False},
        "tags": [*ticket["tags"], "gupshup_noted__http_401"],
        "metadata": {"gupshup": {"run": "8f1c2d", "step": "note", "code": "gupshup_http 401"}},
    }
    store.update_ticket(ticket_id, note, bot["id"])
    store.write_as_client(
        "elena@lovelace.example.com", "Elena Ferrer", "Gracias. Se lo paso a nuestro Owner.", ticket_id=ticket_id
    )
    return ticket_id


def pdf(title: str) -> bytes:
    page = FPDF()
    page.add_page()
    page.set_font("Helvetica", size=16)
    page.cell(text=title)
    return bytes(page.output())
