//! The scopes of the Admin API that guestpass has a use for.
//! <https://devdocs.prestashop-project.org/9/admin-api/oauth/>

use guestpass::{Error, ErrorKind};

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum AdminScope {
    /// Read profiles.
    ReadProfiles,
    /// Make profiles.
    WriteProfiles,
    /// Read API clients.
    ReadClients,
    /// Make and delete API clients.
    WriteClients,
    /// Read webservice keys, the keys themselves too.
    ReadKeys,
    /// Make webservice keys, and switch them off.
    WriteKeys,
}

impl AdminScope {
    /// Every scope that guestpass has a use for.
    pub(crate) const ALL: [Self; 6] = [
        Self::ReadProfiles,
        Self::WriteProfiles,
        Self::ReadClients,
        Self::WriteClients,
        Self::ReadKeys,
        Self::WriteKeys,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ReadProfiles => "profile_read",
            Self::WriteProfiles => "profile_write",
            Self::ReadClients => "api_client_read",
            Self::WriteClients => "api_client_write",
            Self::ReadKeys => "webservice_key_read",
            Self::WriteKeys => "webservice_key_write",
        }
    }

    /// The first version of the module ps_apiresources that knows it.
    fn since(self) -> &'static str {
        match self {
            Self::ReadClients | Self::WriteClients => "0.1",
            Self::ReadKeys | Self::WriteKeys => "0.2",
            Self::ReadProfiles | Self::WriteProfiles => "0.6",
        }
    }

    /// What to do about a refusal of this scope.
    pub(crate) fn explain(self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Unsupported if error.code().is_some() => error.with_remedy(format!(
                "for {} the merchant updates the module ps_apiresources to {} or later",
                self.as_str(),
                self.since()
            )),
            ErrorKind::PermissionDenied => error.with_remedy(format!(
                "tick {} for the API client under Advanced Parameters > Admin API",
                self.as_str()
            )),
            _ => error,
        }
    }
}
