//! What the handles of all fakes can do.

/// Gives the handle `$fake` of the platform `$service` its common methods. The handle has the fields `shared` and
/// `server`.
macro_rules! handle {
    ($fake:ident, $service:ty, $quirks:ty) => {
        $crate::fakes::handle::handle_running!($fake, $service, $quirks);

        /// Starting it.
        impl $fake {
            /// Starts an empty fake on a free port of the loopback interface.
            ///
            /// # Panics
            ///
            /// When no port is free.
            pub async fn start(clock: std::sync::Arc<dyn guestpass::Clock>) -> Self {
                let shared = std::sync::Arc::new($crate::fakes::server::Shared::new(clock));
                let server = $crate::fakes::http::serve_anywhere(shared.clone()).await;
                Self { shared, server: std::sync::Arc::new(server) }
            }

            /// Starts an empty fake on a listener of your own.
            pub async fn start_on(
                listener: std::net::TcpListener,
                clock: std::sync::Arc<dyn guestpass::Clock>,
            ) -> Self {
                let shared = std::sync::Arc::new($crate::fakes::server::Shared::new(clock));
                let server = $crate::fakes::http::serve(listener, shared.clone()).await;
                Self { shared, server: std::sync::Arc::new(server) }
            }
        }
    };
}

/// The common methods of a handle that is started in its own way.
macro_rules! handle_running {
    ($fake:ident, $service:ty, $quirks:ty) => {
        impl std::fmt::Debug for $fake {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($fake)).field("uri", &self.uri()).finish_non_exhaustive()
            }
        }

        /// Its time, its faults, and what it saw.
        impl $fake {
            /// The base address, `http://127.0.0.1:PORT`, for every host of the platform.
            #[must_use]
            pub fn uri(&self) -> String {
                self.server.uri()
            }

            /// Changes how the fake behaves from now on.
            pub fn quirks(&self, change: impl FnOnce(&mut $quirks)) {
                self.with(|service, _| change(&mut service.quirks));
            }

            /// Moves the fake's time on, beyond what its clock says; late writes that become due take effect.
            pub fn forward(&self, by: std::time::Duration) {
                self.shared.forward(by);
            }

            /// The time of the fake.
            #[must_use]
            pub fn now(&self) -> guestpass::Timestamp {
                self.with(|_, now| now)
            }

            /// Lets `fault` happen to the next `times` requests that match. Faults fire in the order of injection.
            pub fn inject(&self, on: $crate::On, fault: $crate::Fault, times: usize) {
                self.with(|service, _| service.desk.faults.inject(on, fault, times));
            }

            /// The injected faults that have not fired, or not often enough. A suite asserts that there are none.
            #[must_use]
            pub fn unfired(&self) -> Vec<String> {
                self.with(|service, _| service.desk.faults.unfired())
            }

            /// Takes back the faults that have not fired.
            pub fn withdraw_faults(&self) {
                self.with(|service, _| service.desk.faults.withdraw());
            }

            /// All requests so far, oldest first.
            #[must_use]
            pub fn requests(&self) -> Vec<$crate::LoggedRequest> {
                self.with(|service, _| service.desk.log.all())
            }

            /// How many requests could have changed something.
            #[must_use]
            pub fn writes(&self) -> usize {
                self.with(|service, _| service.desk.log.count(|request| request.write))
            }

            /// Empties the log.
            pub fn clear_requests(&self) {
                self.with(|service, _| service.desk.log.clear());
            }

            fn with<T>(&self, work: impl FnOnce(&mut $service, guestpass::Timestamp) -> T) -> T {
                self.shared.with(work)
            }

            /// For set-up and truth: a refusal is a mistake in the test, and says so.
            fn arranged<T: Default>(
                &self,
                work: impl FnOnce(
                    &mut $service,
                    guestpass::Timestamp,
                ) -> Result<T, $crate::fakes::ground::Refusal>,
            ) -> T {
                let result = self.with(work);
                let mistake = result.as_ref().err();
                assert!(mistake.is_none(), "{} was set up wrongly: {mistake:?}", stringify!($fake));
                result.unwrap_or_default()
            }
        }
    };
}

pub(super) use {handle, handle_running};
