"""Uploads and attachments by Zendesk's paths."""

from __future__ import annotations

from .call import Answer, ApiCall, Endpoint
from .errors import bad_request, not_found

_TOKEN_LIFE = 3 * 86400


def upload(call: ApiCall) -> Answer:
    """The raw body is the file; a token given back gathers several files for one comment."""
    name = call.query.get("filename")
    if not name:
        raise bad_request("ParameterMissing", "Required parameter missing: filename")
    kind = call.headers.get("content-type", "application/octet-stream").partition(";")[0] or "application/octet-stream"
    token, attachment = call.store.upload(name, kind, call.body, call.query.get("token"))
    gathered = [call.store.attachment(key)[0] for key in call.store.uploads[token]]
    expires = call.store.stamp(call.store.now() + _TOKEN_LIFE)
    body = {"upload": {"token": token, "expires_at": expires, "attachments": gathered, "attachment": attachment}}
    return Answer(body, 201, {"location": f"{call.base}{attachment['url']}"})


def delete_upload(call: ApiCall) -> Answer:
    if call.store.uploads.pop(call.params["token"], None) is None:
        raise not_found()
    return Answer(status=204)


def show(call: ApiCall) -> Answer:
    return Answer({"attachment": call.store.attachment(call.params["id"])[0]})


def download(call: ApiCall) -> Answer:
    """The file itself; the secret in the address is the permission, as where private attachments are off."""
    attachment, content = call.store.attachment_by_token(call.params["token"])
    name = attachment["file_name"].replace('"', "").replace("\r", "").replace("\n", "")
    headers = {"content-disposition": f'attachment; filename="{name.encode("ascii", "replace").decode()}"'}
    return Answer(headers=headers | {"x-content-type-options": "nosniff"}, raw=(content, attachment["content_type"]))


ENDPOINTS: list[Endpoint] = [
    ("POST", "/uploads", upload),
    ("DELETE", "/uploads/{token}", delete_upload),
    ("GET", "/attachments/{id:int}", show),
]
