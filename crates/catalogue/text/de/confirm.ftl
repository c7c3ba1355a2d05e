# Showing again who one is, before what makes the way in wider.
confirm-title = Bestätige, dass du es bist
confirm-about = API-Tokens und Identitäten geben Zugang zu deinem Konto. Bestätige, dass du es bist, bevor du sie änderst.
confirm-password = Passwort
confirm-submit = Bestätigen
confirm-pending = Wird bestätigt…
confirm-or = oder
confirm-with = Mit { $provider } bestätigen
confirm-none = Weder dein Passwort noch einer deiner Anbieter lässt sich gerade benutzen. Versuche es in einer Minute noch einmal; besteht das Problem weiter, sag es deinem Administrator.
