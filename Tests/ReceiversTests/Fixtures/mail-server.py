"""A mail server on a free port of 127.0.0.1, for tests: prints its port, then each mail as a line of JSON.

Its argument is JSON: certificate, key (STARTTLS is offered with them), implicit (TLS from the start), user, password.
Recipients named refused@ get 550, later@ gets 451, once@ gets 451 the first time; a sender named bad@ gets 553; a mail
with REJECT in its subject gets 554.
"""
import asyncio, base64, email.parser, email.policy, json, logging, ssl, sys

from aiosmtpd.smtp import SMTP, AuthResult

options = json.loads(sys.argv[1])
seen = set()
logging.disable(logging.CRITICAL)


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if address.startswith("bad@"):
            return "553 not this sender"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("refused@"):
            return "550 5.1.1 nobody"
        if address.startswith("later@") or (address.startswith("once@") and address not in seen):
            seen.add(address)
            return "451-one moment\r\n451 more"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        raw = envelope.original_content
        mail = email.parser.BytesParser(policy=email.policy.default).parsebytes(raw)
        if "REJECT" in mail["Subject"]:
            return "554 not this"
        print(json.dumps({
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "greeting": session.host_name,
            "tls": session.ssl is not None or bool(options.get("implicit")), "user": session.auth_data,
            "raw": base64.b64encode(raw).decode(), "names": list(mail.keys()),
            "headers": {name: str(value) for name, value in mail.items()}, "body": mail.get_content().replace("\r\n", "\n"),
        }), flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    ok = (data.login.decode(), data.password.decode()) == (options["user"], options["password"])
    # Not handled: the server itself says 535.
    return AuthResult(success=ok, handled=False, auth_data=data.login.decode() if ok else None)


async def main():
    context = None
    if options.get("certificate"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["certificate"], options["key"])
    implicit = bool(options.get("implicit"))
    settings = {"hostname": "mail.test", "tls_context": None if implicit else context}
    if options.get("user"):
        settings.update(authenticator=authenticate, auth_required=True, auth_require_tls=not implicit)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Handler(), loop=loop, **settings), "127.0.0.1", 0, ssl=context if implicit else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
