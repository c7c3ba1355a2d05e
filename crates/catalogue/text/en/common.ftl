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
common-disk = Disk
common-disk-nodes = In nodes
common-disk-home = Home
common-disk-counted = Measured
common-disk-not-yet = Not measured yet. The first result appears in a few minutes.
common-disk-missing = { $n ->
    [one] One host is missing here: it has not measured yet, or does not answer.
   *[other] { $n } hosts are missing here: they have not measured yet, or do not answer.
}
