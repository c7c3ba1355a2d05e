//! nginx and configurable-http-proxy, each with one worker, both told the same app. scripts/peers.sh has fetched them.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use super::app::until_listening;

#[derive(Debug)]
pub(super) struct Peers {
    pub(super) nginx: SocketAddr,
    pub(super) chp: SocketAddr,
    children: Vec<Child>,
    _directory: TempDir,
}

impl Peers {
    pub(super) fn start(programs: &Path, app: SocketAddr) -> Result<Self> {
        let nginx_program = programs.join("root/usr/sbin/nginx");
        ensure!(nginx_program.exists(), "there is no {}; scripts/peers.sh fetches it", nginx_program.display());
        let (directory, nginx, chp) = (tempfile::tempdir()?, free()?, free()?);
        let configuration = directory.path().join("nginx.conf");
        fs::write(&configuration, nginx_configuration(nginx, app))?;
        let mut nginx_command = Command::new(nginx_program);
        nginx_command.arg("-p").arg(directory.path()).arg("-c").arg(&configuration).args(["-e", "stderr"]);
        let mut chp_command = Command::new(programs.join("node_modules/.bin/configurable-http-proxy"));
        chp_command.args(["--ip", "127.0.0.1", "--port", &chp.port().to_string(), "--log-level", "error"]);
        chp_command.args(["--api-ip", "127.0.0.1", "--api-port", &free()?.port().to_string()]);
        chp_command.args(["--default-target", &format!("http://{app}")]);
        let mut peers = Self { nginx, chp, children: Vec::new(), _directory: directory };
        for mut command in [nginx_command, chp_command] {
            let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
            peers.children.push(child.with_context(|| format!("{command:?} cannot be started"))?);
        }
        Ok(peers)
    }

    pub(super) async fn ready(&self) -> Result<()> {
        until_listening(self.nginx).await?;
        until_listening(self.chp).await
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        for child in &mut self.children {
            let pid = nix::unistd::Pid::from_raw(child.id().cast_signed());
            // Both fail only when it has ended by itself.
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
            let _ = child.wait();
        }
    }
}

/// Freed again before it is bound; no other program on this machine picks ports in between.
fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// As an administrator who knows nginx would set it up for this: connections kept alive, nothing written to disk.
fn nginx_configuration(listen: SocketAddr, app: SocketAddr) -> String {
    format!(
        "daemon off; worker_processes 1; pid nginx.pid; user root;
events {{ worker_connections 8192; }}
http {{
    access_log off; error_log stderr error; sendfile on; tcp_nodelay on; keepalive_requests 1000000000;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
    upstream app {{ server {app}; keepalive 64; keepalive_requests 1000000000; }}
    server {{
        listen {listen};
        location / {{
            proxy_pass http://app; proxy_http_version 1.1; proxy_max_temp_file_size 0;
            proxy_set_header Host $host; proxy_set_header Connection \"\";
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"
    )
}
