"""A mail server (aiosmtpd) on a free port of loopback that takes one user and prints each mail as Python reads it."""
import asyncio
import json
import re
import sys
from email import message_from_bytes, policy
from html.parser import HTMLParser

from aiosmtpd.smtp import SMTP, AuthResult


class Page(HTMLParser):
    """Which elements and addresses a page has, and its text."""

    def __init__(self):
        super().__init__()
        self.elements, self.targets, self.texts = [], [], []

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.targets += [value for name, value in attrs if name in ("href", "src", "action")]

    def handle_data(self, data):
        self.texts.append(data)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.original_content, policy=policy.SMTP)
        parts = [part for part in mail.walk() if not part.is_multipart()]
        page = Page()
        page.feed(mail.get_body(("html",)).get_content())
        page.close()
        text = "".join(page.texts)
        plain = mail.get_body(("plain",)).get_content()
        found = {
            "headers": {name: str(value) for name, value in mail.items()},
            "defects": [str(one) for part in mail.walk() for one in part.defects],
            "parts": [part.get_content_type() for part in parts],
            "elements": page.elements,
            "links": page.targets + re.findall(r"(?:https?:/|www\.)[^\s/\u2060]|[\w.]@[\w.]", text + plain),
            "text": text,
        }
        print(json.dumps(found), flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"lookout" and data.password == b"hush-0a1b2c3d/4e5f")


def session():
    return SMTP(Handler(), hostname="mail.example.com", authenticator=authenticate, auth_required=True, auth_require_tls=False)


async def main():
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())
