//! JupyterHub with DockerSpawner, the peer for how soon JupyterLab is there: the hub in a container of images/jupyterhub on the
//! host's network, its npm proxy as a process of ours. scripts/peers.sh has made both.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

const IMAGE: &str = "docklet/jupyterhub";
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is asked whether a page is there; the hub itself looks every 0.1 s and more.
const LOOK: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Hub {
    name: String,
    token: String,
    public: SocketAddr,
    proxy: Child,
    http: reqwest::Client,
}

impl Hub {
    pub(super) async fn start(programs: &Path) -> Result<Self> {
        let (public, api, hub) = (free()?, free()?, free()?);
        let token = uuid::Uuid::now_v7().simple().to_string();
        let name = format!("docklet-bench-hub-{}", &token[..12]);
        // Where containers of the engine's usual network find this host.
        let gateway = docker(&["network", "inspect", "--format", "{{ (index .IPAM.Config 0).Gateway }}", "bridge"])?;
        let proxy = Command::new(programs.join("node_modules/.bin/configurable-http-proxy"))
            .args(["--ip", "127.0.0.1", "--port", &public.port().to_string(), "--log-level", "error"])
            .args(["--api-ip", "127.0.0.1", "--api-port", &api.port().to_string()])
            .args(["--default-target", &format!("http://{gateway}:{}", hub.port())])
            .env("CONFIGPROXY_AUTH_TOKEN", &token)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("configurable-http-proxy cannot be started; scripts/peers.sh fetches it")?;
        let this = Self { name, token, public, proxy, http: reqwest::Client::new() };
        this.run_hub(&gateway, hub, api)?;
        this.until("the hub answers", || this.asked(Method::GET, "/hub/api/users"), StatusCode::OK).await?;
        Ok(this)
    }

    fn run_hub(&self, gateway: &str, hub: SocketAddr, api: SocketAddr) -> Result<()> {
        let settings = [
            format!("HUB_ADDRESS={gateway}"),
            format!("HUB_PORT={}", hub.port()),
            format!("HUB_PUBLIC=http://{}", self.public),
            format!("HUB_PROXY_API=http://{api}"),
            format!("HUB_PREFIX={}", self.name),
            format!("HUB_TOKEN={}", self.token),
            format!("CONFIGPROXY_AUTH_TOKEN={}", self.token),
        ];
        let mut arguments = vec!["run", "--detach", "--name", &self.name, "--network", "host"];
        arguments.extend(["--volume", "/var/run/docker.sock:/var/run/docker.sock"]);
        arguments.extend(settings.iter().flat_map(|setting| ["--env", setting.as_str()]));
        arguments.extend([IMAGE, "jupyterhub", "--config", "/etc/jupyterhub/jupyterhub_config.py"]);
        docker(&arguments).map(drop)
    }

    /// From the order for a person's server to JupyterLab's page through the proxy. Removes the server again.
    pub(super) async fn jupyter(&self, round: usize) -> Result<Duration> {
        let person = format!("/hub/api/users/p{round}");
        let made = self.asked(Method::POST, &person).send().await?;
        ensure!(made.status().is_success(), "JupyterHub made no user: {}", made.status());
        let begun = Instant::now();
        let ordered = self.asked(Method::POST, &format!("{person}/server")).send().await?;
        ensure!(ordered.status().is_success(), "JupyterHub took no order: {}", ordered.status());
        let page = format!("/user/p{round}/lab");
        self.until("JupyterLab's page", || self.asked(Method::GET, &page), StatusCode::OK).await?;
        let took = begun.elapsed();
        self.asked(Method::DELETE, &format!("{person}/server")).send().await?;
        self.until_stopped(&person).await?;
        Ok(took)
    }

    fn asked(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.public);
        self.http.request(method, url).header("authorization", format!("token {}", self.token))
    }

    async fn until(&self, what: &str, ask: impl Fn() -> RequestBuilder, wanted: StatusCode) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            // Until then the proxy has no route, or the hub is not up yet.
            if let Ok(answer) = ask().send().await
                && answer.status() == wanted
                && !answer.url().path().starts_with("/hub/spawn")
            {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("JupyterHub: {what} did not come. Its log:\n{}", docker(&["logs", "--tail", "20", &self.name])?)
    }

    async fn until_stopped(&self, person: &str) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let user: Value = self.asked(Method::GET, person).send().await?.json().await?;
            if user["servers"].as_object().is_none_or(serde_json::Map::is_empty) {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("JupyterHub did not stop a server")
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(self.proxy.id().cast_signed());
        // Both fail only when it has ended by itself.
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _ = self.proxy.wait();
        // The hub, and servers of a round that failed.
        let ours = docker(&["ps", "--all", "--quiet", "--filter", &format!("name={}", self.name)]).unwrap_or_default();
        for container in ours.split_whitespace() {
            // docker itself names what it could not remove, and there is nothing else to try.
            let _ = docker(&["rm", "--force", "--volumes", container]);
        }
    }
}

fn docker(arguments: &[&str]) -> Result<String> {
    let output = Command::new("docker").args(arguments).stdin(Stdio::null()).output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    // Without the arguments, which hold a token.
    ensure!(output.status.success(), "docker {} failed: {}", arguments[0], text(&output.stderr));
    Ok(text(&output.stdout) + &if arguments[0] == "logs" { text(&output.stderr) } else { String::new() })
}

/// Freed again before it is bound; no other program on this machine picks ports in between.
fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
