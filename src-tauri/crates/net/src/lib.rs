//! HTTPS, SMART sign-in and the push channel.
