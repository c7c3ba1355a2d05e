# The list: where people land.
vclusters-title = vclusters
vclusters-subtitle = Your private clusters. Everything under your home follows you into each node.
vclusters-list = vclusters
vclusters-limits = Use of your limits
vclusters-limit-vclusters = vclusters
vclusters-limit-nodes = Nodes
vclusters-limit-cpus = CPUs
vclusters-limit-memory = Memory
vclusters-empty = No vcluster yet
vclusters-empty-text = A vcluster is a few Linux nodes of your own, with a terminal in the browser a second or two from now.
vclusters-create-first = Create your first vcluster
vclusters-new = New vcluster
vclusters-other-ways = Other ways to create
vclusters-at-once = Create at once
vclusters-none-left = { $n ->
    [one] The one vcluster of your limit exists. Delete it to make room.
   *[other] All { $n } vclusters of your limit exist. Delete one to make room.
}
vclusters-no-node-left = { $n ->
    [one] The one node of your limit runs. Stop a vcluster to make room.
   *[other] All { $n } nodes of your limit run. Stop a vcluster to make room.
}
vclusters-too-little-left = Less CPU or memory is left than the smallest node needs. Stop a vcluster to make room.
vclusters-cpu = CPU { $share }
vclusters-unreadable = Delete it…
vclusters-unreadable-lost = Its nodes and everything in them are lost; your home is kept. This cannot be taken back.
vclusters-unreadable-now = Delete the unreadable vcluster
