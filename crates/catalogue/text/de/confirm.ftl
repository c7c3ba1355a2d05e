# Showing again who one is, before what makes the way in wider.
confirm-title = Bestätige, dass du es bist
confirm-about = API-Tokens und Identitäten öffnen dein Konto. Sie lassen sich ein paar Minuten lang ändern, nachdem du gezeigt hast, wer du bist.
confirm-password = Passwort
confirm-submit = Bestätigen
confirm-pending = Wird bestätigt…
confirm-or = oder
confirm-with = Mit { $provider } bestätigen
confirm-none = Weder dein Passwort noch einer deiner Anbieter ist gerade zu benutzen. Versuche es in einer Minute noch einmal; bleibt es dabei, sag es deinem Administrator.
