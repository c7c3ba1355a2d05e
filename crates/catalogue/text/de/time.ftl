# Zeiten und Dauern, so kurz, wie man sie sagt.
time-now = gerade eben
time-seconds-ago = vor { $n } s
time-minutes-ago = vor { $n } min
time-hours-ago = vor { $n } h
time-yesterday = gestern
time-days-ago = { $n ->
    [one] vor { $n } Tag
   *[other] vor { $n } Tagen
}
time-seconds = { $n } s
time-minutes = { $n } min
time-hours = { $hours } h
time-hours-minutes = { $hours } h { $minutes } min
time-days = { $days } d
time-days-hours = { $days } d { $hours } h
time-date = { $day }. { $month ->
    [1] Jan.
    [2] Feb.
    [3] März
    [4] Apr.
    [5] Mai
    [6] Juni
    [7] Juli
    [8] Aug.
    [9] Sept.
    [10] Okt.
    [11] Nov.
   *[12] Dez.
} { $year }
time-exact = { $date }, { $clock } ({ $zone })
