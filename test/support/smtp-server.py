"""An aiosmtpd server. Arguments: port, mode (none, starttls, ssl), certificate, key. Tells `ready`, then one JSON line a mail that it took."""

import asyncio, base64, json, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Handler:
    hung = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused"):
            return "550 5.1.1 no such user here"
        if address.startswith("hang"):
            print(json.dumps({"hanging": True}), flush=True)
            await asyncio.Event().wait()
        if address.startswith("later"):
            return "450 4.2.1 mailbox busy"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if b"please-hang" in envelope.content:
            print(json.dumps({"hanging": True}), flush=True)
            await asyncio.Event().wait()
        if b"please-refuse" in envelope.content:
            return "554 5.7.1 looks like spam"
        hangs = b"hang-once" in envelope.content and envelope.mail_from not in self.hung
        login = session.auth_data.login.decode() if session.auth_data else None
        mail = {"helo": session.host_name, "from": envelope.mail_from, "to": envelope.rcpt_tos, "login": login, "tls": server.transport.get_extra_info("ssl_object") is not None}
        print(json.dumps({**mail, "content": base64.b64encode(envelope.content).decode()}), flush=True)
        if hangs:
            self.hung.add(envelope.mail_from)
            await asyncio.Event().wait()
        return "250 2.0.0 queued as 4711"


def check(server, session, envelope, mechanism, data):
    if not isinstance(data, LoginPassword):
        return AuthResult(success=False, handled=False)
    if data.login == b"busy":
        return AuthResult(success=False, handled=False, message="454 4.7.0 directory is away")
    return AuthResult(success=data.login == b"mailer" and data.password == sys.argv[5].encode(), handled=False, auth_data=data)


async def main():
    port, mode = int(sys.argv[1]), sys.argv[2]
    context = None
    if mode != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
    loop = asyncio.get_running_loop()

    def build():
        tls = {"tls_context": context, "require_starttls": True} if mode == "starttls" else {}
        return SMTP(Handler(), authenticator=check, auth_require_tls=mode == "starttls", loop=loop, hostname="mx.test", **tls)

    server = await loop.create_server(build, "127.0.0.1", port, ssl=context if mode == "ssl" else None)
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
