# Words that stand on more than one page.
common-cancel = Cancel
common-close = Close
common-dismiss = Dismiss
common-try-again = Try again
common-loading = Loading
common-name = Name
common-page-title = { $page } · Docklet
common-nodes = { $n ->
    [one] { $n } node
   *[other] { $n } nodes
}
common-nodes-running = { $n ->
    [one] { $running } of { $n } node running
   *[other] { $running } of { $n } nodes running
}
common-of = of { $limit }
