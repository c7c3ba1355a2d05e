# Times and lengths of time, as short as they are said.
time-now = just now
time-seconds-ago = { $n } s ago
time-minutes-ago = { $n } min ago
time-hours-ago = { $n } h ago
time-yesterday = yesterday
time-days-ago = { $n ->
    [one] { $n } day ago
   *[other] { $n } days ago
}
time-seconds = { $n } s
time-minutes = { $n } min
time-hours = { $hours } h
time-hours-minutes = { $hours } h { $minutes } min
time-days = { $days } d
time-days-hours = { $days } d { $hours } h
time-date = { $day } { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
} { $year }
time-exact = { $date }, { $clock } ({ $zone })
