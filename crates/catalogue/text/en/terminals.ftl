# Pages with terminals. What is inside the panel stands in terminal.ftl.
terminals-title = Terminals
terminals-subtitle = A shell on any running node. It keeps running when you close the page.
terminals-list = vclusters with terminals
terminals-nothing = No node is running
terminals-nothing-text = Terminals need a running node. Start a vcluster, or create one.
terminals-on-node = Terminal on { $node } of { $name }
terminals-of = Terminals of { $name }
terminals-back = Back to { $name }
