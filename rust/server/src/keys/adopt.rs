//! Keys that others made at a custodian, and that become keys of a keyring without moving.

use supacrypt_core::{
    Error, KeyFlags, KeySpec, KeyVersionState, KeyringName, Origin, Reason, Result,
};

use super::{
    Keys,
    insert::Whole,
    lifecycle::{NewKey, name, usages},
};
use crate::{
    custody::{Adopted, NewMaterial},
    store::{self, KeyRecord, KeyVersionRecord, RequestId, StoredReference},
};

impl Keys {
    /// Makes a key in `keyring` of one that its custodian has under the name `source`. `new` tells what it
    /// shall be, once it is known what it is.
    ///
    /// # Errors
    /// As [`create`](Self::create), and those of
    /// [`Custodian::adopt`](crate::custody::Custodian::adopt).
    pub async fn adopt(
        &self,
        keyring: &KeyringName,
        source: &str,
        new: impl FnOnce(KeySpec) -> Result<NewKey>,
        request: Option<RequestId>,
    ) -> Result<KeyRecord> {
        if let Some(made) = self.made_by(request.as_ref()).await? {
            return Ok(made);
        }
        let custodian = self.custodian_for(keyring, KeyFlags::empty()).await?;
        let Adopted { spec, usages: possible, versions } = custodian.adopt(source).await?;
        let mut new = new(spec)?;
        new.attributes.allowed.check(spec)?;
        if new.usages.is_empty() {
            new.usages = custodian.usual_usages(spec).intersection(possible);
        }
        // A key that can do nothing usual does what it can.
        if new.usages.is_empty() {
            new.usages = possible;
        }
        if new.usages.is_empty() || !possible.contains(new.usages) {
            let message = format!("{source} can be used for {possible:?} alone");
            return Err(Error::new(Reason::InvalidArgument, message).in_field("key.usages"));
        }
        let (usages, name) = (usages(&new, custodian)?, name(&new)?);
        let versions =
            (1..).zip(versions).map(|(number, NewMaterial { reference, public_key })| {
                let version = KeyVersionRecord {
                    name: name.version(number),
                    state: KeyVersionState::Enabled,
                    origin: Origin::Adopted,
                    public_key,
                    create_time: store::now(),
                    destroy_time: None,
                };
                let uid = self.making.begin()?.uid().to_owned();
                let custodian = custodian.name().to_owned();
                Ok((version, StoredReference { custodian, uid, reference }))
            });
        let versions = versions.collect::<Result<_>>()?;
        let whole = Whole { name, new, usages, secret_length: None, versions };
        self.insert(whole, custodian, request).await
    }
}
