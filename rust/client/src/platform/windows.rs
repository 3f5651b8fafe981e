//! Windows: the folders of applications' data, and access control lists.
#![expect(unsafe_code, reason = "access control lists are read through Win32")]

use std::{
    ffi::c_void,
    io,
    os::windows::{
        ffi::OsStrExt,
        io::{AsRawHandle, FromRawHandle, OwnedHandle},
    },
    path::{Path, PathBuf},
    ptr::{addr_of, null_mut},
};

use supacrypt_core::Result;
use windows_sys::{
    Win32::{
        Foundation::{ERROR_SUCCESS, GENERIC_ALL, GENERIC_READ, HANDLE, LocalFree},
        Security::{
            ACCESS_ALLOWED_ACE, ACE_HEADER, ACL,
            Authorization::{ConvertSidToStringSidW, GetNamedSecurityInfoW, SE_FILE_OBJECT},
            DACL_SECURITY_INFORMATION, EqualSid, GetAce, GetTokenInformation, INHERIT_ONLY_ACE,
            IsWellKnownSid, OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID, TOKEN_QUERY,
            TOKEN_USER, TokenUser, WELL_KNOWN_SID_TYPE, WinBuiltinAdministratorsSid,
            WinCreatorOwnerRightsSid, WinLocalSystemSid,
        },
        Storage::FileSystem::{FILE_READ_DATA, WRITE_DAC, WRITE_OWNER},
        System::{
            SystemServices::{ACCESS_ALLOWED_ACE_TYPE, ACCESS_ALLOWED_CALLBACK_ACE_TYPE},
            Threading::{GetCurrentProcess, OpenProcessToken},
        },
    },
    core::PWSTR,
};

use super::{not_private, unreadable};

/// Where a configuration is looked for, in this order.
pub(crate) fn config_files() -> Vec<PathBuf> {
    ["APPDATA", "ProgramData"]
        .into_iter()
        .filter_map(std::env::var_os)
        .map(|folder| PathBuf::from(folder).join("Supacrypt").join("client.toml"))
        .collect()
}

/// Rights that let somebody read a file, at once or after a change that they may make.
const READING: u32 = FILE_READ_DATA | GENERIC_READ | GENERIC_ALL | WRITE_DAC | WRITE_OWNER;

/// Who may always read: the system, administrators, and the owner under the name that stands for it.
const ALWAYS: [WELL_KNOWN_SID_TYPE; 3] =
    [WinLocalSystemSid, WinBuiltinAdministratorsSid, WinCreatorOwnerRightsSid];

/// Refuses a private key that others may read than its owner, the user of this process,
/// administrators and the system.
///
/// # Errors
/// [`Reason::Configuration`](supacrypt_core::Reason::Configuration), saying how to change it.
pub(crate) fn check_private(path: &Path) -> Result<()> {
    let stranger = Access::of(path).and_then(|access| access.stranger());
    let Some(who) = stranger.map_err(|error| unreadable(path, &error))? else { return Ok(()) };
    let remedy = format!("icacls \"{}\" /inheritance:r /grant:r \"%USERNAME%:R\"", path.display());
    Err(not_private(path, &who, &remedy))
}

/// The access control list of a file, and its owner.
struct Access {
    /// What the two point into.
    descriptor: PSECURITY_DESCRIPTOR,
    owner: PSID,
    list: *mut ACL,
}

impl Access {
    fn of(path: &Path) -> io::Result<Self> {
        let name: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
        let mut access = Access { descriptor: null_mut(), owner: null_mut(), list: null_mut() };
        // SAFETY: the name ends with zero, and what is asked for is written to places of its type.
        let answer = unsafe {
            GetNamedSecurityInfoW(
                name.as_ptr(),
                SE_FILE_OBJECT,
                OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                &mut access.owner,
                null_mut(),
                &mut access.list,
                null_mut(),
                &mut access.descriptor,
            )
        };
        match answer {
            ERROR_SUCCESS => Ok(access),
            error => Err(io::Error::from_raw_os_error(error.cast_signed())),
        }
    }

    /// Somebody who may read the file and should not, if there is one.
    fn stranger(&self) -> io::Result<Option<String>> {
        if self.list.is_null() {
            return Ok(Some("everyone: it has no access control list".into()));
        }
        let user = User::of_this_process()?;
        // SAFETY: the list belongs to the descriptor, which lives as long as `self`.
        let entries = unsafe { (*self.list).AceCount };
        for index in 0..u32::from(entries) {
            let Some(reader) = self.reader(index)? else { continue };
            // SAFETY: all of them are valid: the reader and the owner are part of the descriptor, and
            // the user's is part of what the system filled.
            let expected = unsafe {
                EqualSid(reader, self.owner) != 0
                    || EqualSid(reader, user.sid()) != 0
                    || ALWAYS.iter().any(|&known| IsWellKnownSid(reader, known) != 0)
            };
            if !expected {
                return sid_string(reader).map(Some);
            }
        }
        Ok(None)
    }

    /// Whom the entry with this index lets read the file, if anybody.
    fn reader(&self, index: u32) -> io::Result<Option<PSID>> {
        let mut entry: *mut c_void = null_mut();
        // SAFETY: the list is valid, and so is the place for the entry.
        if unsafe { GetAce(self.list, index, &mut entry) } == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: each entry begins with this header.
        let header = unsafe { *entry.cast::<ACE_HEADER>() };
        let kind = u32::from(header.AceType);
        let allows = kind == ACCESS_ALLOWED_ACE_TYPE || kind == ACCESS_ALLOWED_CALLBACK_ACE_TYPE;
        if !allows || u32::from(header.AceFlags) & INHERIT_ONLY_ACE != 0 {
            return Ok(None);
        }
        let entry = entry.cast::<ACCESS_ALLOWED_ACE>();
        // SAFETY: entries of both kinds begin like this one; the SID's bytes begin at `SidStart`.
        let (mask, sid) = unsafe { ((*entry).Mask, addr_of!((*entry).SidStart)) };
        Ok((mask & READING != 0).then(|| sid.cast_mut().cast()))
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        // SAFETY: the system gave it to be freed in this way, and nothing points into it any more.
        unsafe { LocalFree(self.descriptor) };
    }
}

/// The user that a process runs as.
struct User {
    /// A `TOKEN_USER` and the SID that it points to, as words, which are aligned for it.
    /// In a box: the pointer in it leads back into it.
    buffer: Box<[u64; 16]>,
}

impl User {
    fn of_this_process() -> io::Result<Self> {
        let mut token: HANDLE = null_mut();
        // SAFETY: a process has a handle of itself, and the place for the token's is valid.
        if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) } == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it was opened just now, and nobody else closes it.
        let token = unsafe { OwnedHandle::from_raw_handle(token) };
        let mut user = User { buffer: Box::new([0; 16]) };
        let (buffer, size) = (user.buffer.as_mut_ptr().cast(), size_of_val(&*user.buffer) as u32);
        let mut filled = 0;
        // SAFETY: at most `size` bytes are written to the buffer, which is that long.
        let answer = unsafe {
            GetTokenInformation(token.as_raw_handle(), TokenUser, buffer, size, &mut filled)
        };
        if answer == 0 { Err(io::Error::last_os_error()) } else { Ok(user) }
    }

    fn sid(&self) -> PSID {
        // SAFETY: the system filled the buffer with this structure.
        unsafe { (*self.buffer.as_ptr().cast::<TOKEN_USER>()).User.Sid }
    }
}

/// A SID as it is written: `S-1-1-0` is everyone.
fn sid_string(sid: PSID) -> io::Result<String> {
    let mut text: PWSTR = null_mut();
    // SAFETY: the SID is valid, and so is the place for the text.
    if unsafe { ConvertSidToStringSidW(sid, &mut text) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the text ends with zero.
    let string = unsafe {
        let length = (0..).take_while(|&index| *text.add(index) != 0).count();
        String::from_utf16_lossy(std::slice::from_raw_parts(text, length))
    };
    // SAFETY: the system gave it to be freed in this way.
    unsafe { LocalFree(text.cast()) };
    Ok(string)
}
