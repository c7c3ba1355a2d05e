# The list: where people land.
vclusters-title = vclusters
vclusters-subtitle = Your private clusters. Your home is the same on every node.
vclusters-list = vclusters
vclusters-limits = Usage of your limits
vclusters-limit-vclusters = vclusters
vclusters-limit-nodes = Nodes
vclusters-limit-cpus = CPUs
vclusters-limit-memory = Memory
vclusters-empty = No vcluster yet
vclusters-empty-text = A vcluster is a set of Linux nodes of your own, with a terminal in the browser, ready in a second or two.
vclusters-create-first = Create your first vcluster
vclusters-new = New vcluster
vclusters-other-ways = Other ways to create
vclusters-at-once = Create with defaults
vclusters-none-left = { $n ->
    [one] Your limit of { $n } vcluster is reached. Delete it to create another.
   *[other] Your limit of { $n } vclusters is reached. Delete one to create another.
}
vclusters-no-node-left = { $n ->
    [one] Your limit of { $n } running node is reached. Stop a vcluster to make room.
   *[other] Your limit of { $n } running nodes is reached. Stop a vcluster to make room.
}
vclusters-too-little-left = Less CPU or memory is left than the smallest node needs. Stop a vcluster to make room.
vclusters-cpu = CPU { $share }
vclusters-unreadable = Delete…
vclusters-unreadable-lost = Its nodes and everything in them are lost; your home stays. This cannot be undone.
vclusters-unreadable-now = Delete the unreadable vcluster
