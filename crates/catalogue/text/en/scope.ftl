# What an API token may do.
scope-legend = It may
scope-read = Look
scope-read-about = See your vclusters, what they use and what was done. Every token may.
scope-vclusters = Change vclusters
scope-vclusters-about = Create, start, stop and delete them, with their nodes and apps; revoke your tokens. Another image than the usual one needs ssh, too.
scope-ssh = Reach into nodes
scope-ssh-about = Terminals, commands, ports and SSH keys. This opens all files in your nodes and your home.
scope-admin = Administer
scope-admin-about = What administrators do: people, images, hosts.
