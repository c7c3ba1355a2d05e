# Showing again who one is, before what makes the way in wider.
confirm-title = Confirm that it is you
confirm-about = API tokens and identities open your account. They can be changed for a few minutes after you have shown who you are.
confirm-password = Password
confirm-submit = Confirm
confirm-pending = Confirming…
confirm-or = or
confirm-with = Confirm with { $provider }
confirm-none = Neither your password nor a provider of yours can be used at the moment. Try again in a minute; if it stays like this, tell your administrator.
