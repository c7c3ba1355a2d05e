# Showing again who one is, before what makes the way in wider.
confirm-title = Confirm that it is you
confirm-about = API tokens and identities give access to your account. Confirm that it is you before you change them.
confirm-password = Password
confirm-submit = Confirm
confirm-pending = Confirming…
confirm-or = or
confirm-with = Confirm with { $provider }
confirm-none = Neither your password nor any of your providers can be used right now. Try again in a minute; if the problem persists, tell your administrator.
