# As its own documentation sets JupyterHub up with DockerSpawner on one host: one container a person, found by its address.
import os

c = get_config()  # noqa: F821, JupyterHub gives it

c.JupyterHub.db_url = "sqlite:////tmp/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = "/tmp/cookie_secret"
c.JupyterHub.hub_ip = os.environ["HUB_ADDRESS"]
c.JupyterHub.hub_port = int(os.environ["HUB_PORT"])
c.JupyterHub.bind_url = os.environ["HUB_PUBLIC"]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True

# The proxy of the same npm package that the other measurement uses, started by the bench.
c.JupyterHub.proxy_class = "configurable-http-proxy"
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = os.environ["HUB_PROXY_API"]

c.JupyterHub.spawner_class = "dockerspawner.DockerSpawner"
c.DockerSpawner.image = "docklet/jupyterhub"
c.DockerSpawner.pull_policy = "never"
c.DockerSpawner.prefix = os.environ["HUB_PREFIX"]
c.DockerSpawner.network_name = "bridge"
c.DockerSpawner.use_internal_ip = True
c.DockerSpawner.remove = True
c.DockerSpawner.cmd = ["jupyterhub-singleuser", "--allow-root"]
c.DockerSpawner.cpu_limit = 1
c.DockerSpawner.mem_limit = "1G"

c.JupyterHub.services = [{"name": "bench", "api_token": os.environ["HUB_TOKEN"]}]
c.JupyterHub.load_roles = [
    {"name": "bench", "services": ["bench"], "scopes": ["admin:users", "admin:servers", "access:servers"]}
]
