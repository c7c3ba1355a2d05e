sign-in-title = Sign in
sign-in-subtitle = Your vclusters, in the browser.
sign-in-again = Show again that it is you: sign in once more.
sign-in-name = User name
sign-in-password = Password
sign-in-submit = Sign in
sign-in-pending = Signing in…
sign-in-no-account = No account? Ask your administrator for one.
