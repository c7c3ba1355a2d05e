# One vcluster: its page and the dialog that deletes it.
vcluster-look-again = Look again
vcluster-add-node = Add node
vcluster-most-nodes = { $n } nodes are the most one vcluster may have
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
vcluster-autostart = After a restart of its host
vcluster-autostart-on = runs again by itself
vcluster-autostart-off = stays down
vcluster-autostart-stop = Let it stay down
vcluster-autostart-start = Let it run again
vcluster-ready = Ready
vcluster-after = after { $length }
vcluster-took = took { $length }
vcluster-delete-title = Delete { $name }?
vcluster-delete-lost = { $n ->
    [one] Its { $n } node and everything in it outside /root are lost, and what runs there ends. Your home stays.
   *[other] Its { $n } nodes and everything in them outside /root are lost, and what runs there ends. Your home stays.
}
vcluster-delete-confirm = To confirm, type its name: <b>{ $name }</b>
vcluster-delete-submit = Delete { $name }
vcluster-deleting = Deleting…
vcluster-delete-not-the-name = must be the name: { $name }
vcluster-out-of-memory = { $process } was ended because the { $memory } MiB of memory were used up
vcluster-out-of-memory-unnamed = a process was ended because the { $memory } MiB of memory were used up
vcluster-made-before = made by an older Docklet: remove this node and add another to have what is new
