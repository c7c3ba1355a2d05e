# A web server of a tenant's: the path says how it behaves. Raw sockets, because most of it no library would do.
import base64, hashlib, re, socket, sys, threading, time

PORT = int(sys.argv[1])


def head(status, *lines, length=None):
    more = [] if length is None else [f"Content-Length: {length}"]
    return ("\r\n".join([f"HTTP/1.1 {status}", *lines, *more]) + "\r\n\r\n").encode()


def text(body, *lines, status="200 OK", kind="text/plain"):
    body = body.encode()
    return head(status, f"Content-Type: {kind}", *lines, length=len(body)) + body


def read_request(connection, rest):
    while b"\r\n\r\n" not in rest:
        data = connection.recv(65536)
        if not data:
            return None
        rest += data
    first, _, body = rest.partition(b"\r\n\r\n")
    return first.decode("latin-1"), body


def header(request, name):
    found = re.search(rf"(?im)^{name}: *(.*?)\r?$", request)
    return found.group(1) if found else ""


def websocket(connection, request):
    key = header(request, "Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
    connection.sendall(head("101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept}"))
    while True:
        data = connection.recv(65536)
        if not data:
            return
        length = data[1] & 0x7F
        mask, payload = data[2:6], data[6 : 6 + length]
        plain = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        if data[0] & 0x0F == 8:
            return
        connection.sendall(bytes([0x81, length]) + plain)


def upload(connection, request, body):
    left = int(header(request, "Content-Length")) - len(body)
    buffer = bytearray(1 << 20)
    while left > 0:
        count = connection.recv_into(buffer)
        if not count:
            return
        left -= count
    connection.sendall(text(header(request, "Content-Length")))


def download(connection, path):
    size = int(path.split("=")[1])
    connection.sendall(head("200 OK", "Content-Type: application/octet-stream", length=size))
    block = b"x" * (1 << 20)
    while size > 0:
        connection.sendall(block[:size])
        size -= min(size, len(block))


def answer(connection, request, body):
    path = request.split(" ")[1]
    if path == "/headers":
        connection.sendall(head("200 OK", *(f"X-{n}: {'y' * 1000}" for n in range(1000)), length=0))
    elif path == "/never":
        time.sleep(3600)
    elif path == "/slow":
        connection.sendall(head("200 OK", "Content-Type: text/plain", length=20))
        for _ in range(20):
            connection.sendall(b"s")
            time.sleep(0.1)
    elif path == "/endless":
        connection.sendall(head("200 OK", "Content-Type: text/event-stream", "Transfer-Encoding: chunked"))
        while True:
            connection.sendall(b"6\r\n: hi\n\n\r\n")
            time.sleep(0.05)
    elif path == "/cut":
        connection.sendall(head("200 OK", length=1000) + b"0123456789")
        return False
    elif path == "/hang-up":
        return False
    elif path == "/garbage":
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        return False
    elif path == "/cookies":
        connection.sendall(
            text("", "Set-Cookie: wide=1; Domain=localhost; Path=/", "Set-Cookie: docklet_session=planted; Path=/", "Set-Cookie: __Host-docklet_session=planted; Path=/; Secure", "Set-Cookie: own=1; Path=/sub; HttpOnly")
        )
    elif path == "/javascript":
        connection.sendall(head("302 Found", "Location: javascript:alert(1)", length=0))
    elif path == "/back":
        connection.sendall(head("302 Found", f"Location: http://127.0.0.1:{PORT}/seen?a=1", length=0))
    elif path == "/worker.js":
        connection.sendall(text("self.addEventListener('fetch', () => {});", kind="text/javascript"))
    elif path == "/picture.svg":
        connection.sendall(text("<svg xmlns='http://www.w3.org/2000/svg'/>", kind="image/svg+xml"))
    elif path == "/websocket":
        websocket(connection, request)
        return False
    elif path == "/upload":
        upload(connection, request, body)
        return False
    elif path.startswith("/download"):
        download(connection, path)
    else:
        connection.sendall(text(request, kind="text/plain"))
    return True


def serve(connection):
    with connection:
        try:
            while True:
                request = read_request(connection, b"")
                if request is None or not answer(connection, *request):
                    return
        except OSError:
            pass


listener = socket.create_server(("127.0.0.1", PORT), backlog=128)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
