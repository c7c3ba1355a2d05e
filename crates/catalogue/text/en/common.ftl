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
common-disk-counted = Counted
common-disk-not-yet = It has not been counted yet; that is done now and then.
common-disk-missing = { $n ->
    [one] One host is not counted in: it has not counted yet, or does not answer.
   *[other] { $n } hosts are not counted in: they have not counted yet, or do not answer.
}
