# The queue: what runs where, and what comes next.
queue-subtitle = What runs where, and what comes next. Others’ jobs are shown without their names.
queue-own = Your jobs
queue-hosts = Hosts
queue-hosts-about = Each bar is a host’s CPUs: your jobs, others’ jobs, nodes of vclusters, and what is free.
queue-no-host = There is no host.
queue-ready = ready
queue-not-ready = not ready
queue-figures = { $cpus } of { $all_cpus } CPUs · { $memory } of { $all_memory } · { $jobs ->
    [one] { $jobs } job
   *[other] { $jobs } jobs
}
queue-owners = Others’ jobs: { $names }
queue-next = Next
queue-next-about = Jobs in the order of their turn. Jobs that are held, that wait for other jobs or a time, or that no host can run are not listed.
queue-nobody = No job waits for its turn.
queue-place = Place
queue-of = { $owner }’s job
queue-others = Another user’s job
queue-count = { $n } elements
queue-unknown = not known
queue-more = { $n ->
    [one] { $n } more job waits.
   *[other] { $n } more jobs wait.
}
