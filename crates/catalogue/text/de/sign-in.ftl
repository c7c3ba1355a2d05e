sign-in-title = Anmelden
sign-in-subtitle = Deine vcluster, im Browser.
sign-in-again = Zeig noch einmal, dass du es bist: Melde dich erneut an.
sign-in-name = Benutzername
sign-in-password = Passwort
sign-in-submit = Anmelden
sign-in-pending = Anmeldung läuft…
sign-in-no-account = Noch kein Konto? Dein Administrator erstellt eines.
