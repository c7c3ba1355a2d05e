# One vcluster: its page and the dialog that deletes it.
vcluster-look-again = Refresh
vcluster-add-node = Add node
vcluster-most-nodes = A vcluster can have at most { $n } nodes
vcluster-no-room = Your limits leave no room for another node of this size
vcluster-nodes = Nodes
vcluster-node = Node
vcluster-state = State
vcluster-address = Address
vcluster-host = Host
vcluster-since = Running since
vcluster-actions = Actions
vcluster-terminal = Terminal
vcluster-terminal-on = Terminal on { $node }
vcluster-remove = Remove { $node }
vcluster-remove-now = Remove { $node } now
vcluster-remove-lost = What runs on { $node } ends, and its files outside /root are lost.
vcluster-remove-last = The last node of a vcluster cannot be removed. Delete the vcluster instead.
vcluster-size = Size
vcluster-image = Image
vcluster-network = Network
vcluster-created = Created
vcluster-description = Description
vcluster-describe = Add a description
vcluster-describe-anew = Change the description
vcluster-describe-save = Save
vcluster-autostart = After a restart of its host
vcluster-autostart-on = starts automatically
vcluster-autostart-off = stays down
vcluster-autostart-stop = Do not start automatically
vcluster-autostart-start = Start automatically
vcluster-ready = Ready
vcluster-after = after { $length }
vcluster-took = took { $length }
vcluster-delete-title = Delete { $name }?
vcluster-delete-lost = { $n ->
    [one] Its { $n } node, what runs on it and all its files outside /root are lost. Your home stays.
   *[other] Its { $n } nodes, what runs on them and all their files outside /root are lost. Your home stays.
}
vcluster-delete-confirm = To confirm, type its name: <b>{ $name }</b>
vcluster-delete-submit = Delete { $name }
vcluster-deleting = Deleting…
vcluster-delete-not-the-name = must be the name: { $name }
vcluster-out-of-memory = { $process } was killed because the node ran out of memory ({ $memory } MiB)
vcluster-out-of-memory-unnamed = a process was killed because the node ran out of memory ({ $memory } MiB)
vcluster-made-before = created by an older Docklet; remove this node and add another to get new features
