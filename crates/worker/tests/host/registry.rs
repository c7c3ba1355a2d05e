//! A registry with one image of its own, as the engine sees one: enough of the distribution protocol for a pull.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use domain::image::ImageRef;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::lab::docker;

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
/// What a connection begins with that is to be TLS.
const TLS: u8 = 0x16;
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// Its image leaves the engine with it, and so do the containers made of it: no other test has it.
pub(crate) struct Registry {
    pub(crate) image: ImageRef,
    /// On the image, and so on its containers, whatever their image is called by then: a test gives its name to another.
    label: String,
    connections: Arc<AtomicUsize>,
    closed: Arc<AtomicBool>,
}

/// Names the image's test run, so that scripts/test.sh finds an image that was left behind.
const LABEL: &str = "docklet.test";

struct Content {
    manifest: Vec<u8>,
    blobs: [Vec<u8>; 2],
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

impl Content {
    /// An image without files.
    fn new(label: &str) -> Self {
        // The end of an archive, and nothing before it.
        let layer = vec![0; 1024];
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        let run = std::env::var("DOCKLET_TEST_RUN").unwrap_or_else(|_| "by-hand".into());
        let config = serde_json::json!({
            "architecture": architecture,
            "os": "linux",
            "config": {"Cmd": ["true"], "Labels": {LABEL: run, label: ""}},
            "rootfs": {"type": "layers", "diff_ids": [digest(&layer)]},
            "history": [{"created_by": "a test"}],
        });
        let config = config.to_string().into_bytes();
        let part = |kind: &str, bytes: &[u8]| serde_json::json!({"mediaType": kind, "size": bytes.len(), "digest": digest(bytes)});
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": part(CONFIG, &config),
            "layers": [part(LAYER, &layer)],
        });
        Self { manifest: manifest.to_string().into_bytes(), blobs: [config, layer] }
    }

    fn answer(&self, path: &str) -> Option<(&'static str, &[u8])> {
        if path == "/v2/" {
            return Some(("application/json", b"{}"));
        }
        if path.contains("/manifests/") {
            return Some((MANIFEST, &self.manifest));
        }
        let blob = self.blobs.iter().find(|blob| path.ends_with(&digest(blob)))?;
        Some(("application/octet-stream", blob))
    }
}

impl Registry {
    /// It ends with the test program.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let image = format!("127.0.0.1:{port}/docklet-test/pulled:1").parse().expect("an image");
        let label = format!("{LABEL}.{}", Uuid::new_v4());
        let connections = Arc::<AtomicUsize>::default();
        let closed = Arc::<AtomicBool>::default();
        let (seen, content, is_closed) = (connections.clone(), Arc::new(Content::new(&label)), closed.clone());
        thread::spawn(move || {
            // A pull that is still under way does not bring the image back.
            for stream in listener.incoming().take_while(|_| !is_closed.load(Ordering::SeqCst)) {
                seen.fetch_add(1, Ordering::SeqCst);
                let content = content.clone();
                // A client that hangs up has what it wants, or speaks TLS and comes again without.
                thread::spawn(move || drop(stream.and_then(|stream| serve(&stream, &content))));
            }
        });
        Self { image, label, connections, closed }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn is_on_the_engine(&self) -> bool {
        docker(&["image", "inspect", self.image.as_str()]).is_ok()
    }
}

/// In HTTP, as servers do that speak no TLS: the image store of containerd comes again without only after such an answer.
fn refuse_tls(mut reader: BufReader<&TcpStream>) -> std::io::Result<()> {
    let mut stream = *reader.get_ref();
    stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")?;
    stream.shutdown(Shutdown::Write)?;
    // Closing with something unread would take the answer back.
    std::io::copy(&mut reader, &mut std::io::sink()).map(drop)
}

fn serve(stream: &TcpStream, content: &Content) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    if reader.fill_buf()?.first() == Some(&TLS) {
        return refuse_tls(reader);
    }
    let mut first = String::new();
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
    }
    let mut words = first.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (status, kind, body) = match content.answer(path) {
        Some((kind, body)) => ("200 OK", kind, body),
        None => ("404 Not Found", "application/json", &b"{}"[..]),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nDocker-Content-Digest: {}\r\n\
         Docker-Distribution-Api-Version: registry/2.0\r\nConnection: close\r\n\r\n",
        body.len(),
        digest(body)
    );
    let mut stream = stream;
    stream.write_all(head.as_bytes())?;
    if method == "HEAD" { Ok(()) } else { stream.write_all(body) }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        // A test that failed has left its containers to be removed behind this, and they hold the image.
        let of_it = docker(&["ps", "--all", "--quiet", "--filter", &format!("label={}", self.label)]);
        for container in of_it.unwrap_or_default().lines() {
            let _ = docker(&["rm", "--force", "--volumes", container]);
        }
        // Mostly it is gone already.
        let _ = docker(&["image", "rm", "--force", self.image.as_str()]);
    }
}
