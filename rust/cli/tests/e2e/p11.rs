//! `supacrypt p11 check`, on our own module and on libraries that are none or bad ones.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use supacrypt_testkit::Backend;

use crate::command::{Run, app, bare, run};

fn module() -> String {
    supacrypt_testkit::cdylib("supacrypt-pkcs11").to_str().expect("text").to_owned()
}

/// The checks of a report, by id, with verdict and note.
fn verdicts(run: &Run) -> Vec<(String, String, String)> {
    let report: serde_json::Value = serde_json::from_slice(&run.stdout)
        .unwrap_or_else(|_| panic!("{}{}", run.text(), run.stderr));
    let text = |check: &serde_json::Value, field: &str| check[field].as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap();
    checks
        .iter()
        .map(|check| {
            let id = format!("{}/{}", text(check, "group"), text(check, "name"));
            (id, text(check, "verdict"), text(check, "note"))
        })
        .collect()
}

#[test]
fn our_module_lives_well_with_processes_threads_handles_and_lengths() {
    let backend = Backend::start();
    let groups = ["life", "fork", "threads", "handles", "lengths", "arguments", "find", "info"];
    let mut args = vec!["--json", "p11", "check", "--timeout", "120"];
    groups.iter().for_each(|group| args.extend(["--only", group]));
    let module = module();
    args.push(&module);
    let run = app(&backend).run(&args);
    let verdicts = verdicts(&run);
    for group in groups {
        let prefix = format!("{group}/");
        assert!(verdicts.iter().any(|(id, ..)| id.starts_with(&prefix)), "{group} was run");
    }
    for (id, verdict, note) in verdicts {
        assert_eq!(verdict, "pass", "{id}: {note}");
    }
    assert_eq!(run.code, 0);
}

#[test]
fn keys_of_the_checks_do_not_stay() {
    let backend = Backend::start();
    let pin = backend.deployment().dir().join("pin");
    fs::write(&pin, "1234\n").unwrap();
    let only = ["--only", "find", "--pin-file", pin.to_str().unwrap(), &module()];
    let people = app(&backend).ok(&[&["p11", "check", "--token", "dev"], &only[..]].concat());
    assert!(people.contains("Supacrypt PKCS#11 module"), "{people}");
    assert!(people.trim_end().ends_with("0 failed, 0 skipped"), "{people}");
    assert_eq!(app(&backend).json(&["key", "list"]), serde_json::json!([]));
}

#[test]
fn handles_outlive_a_restart_of_the_backend() {
    let mut backend = Backend::start();
    let dir = backend.deployment().dir().to_path_buf();
    let (asked, done) = (dir.join("asked"), dir.join("done"));
    let command = format!(
        "touch '{}'; until rm '{}' 2>&-; do sleep 0.05; done",
        asked.display(),
        done.display()
    );
    let app = app(&backend);
    let module = module();
    let checking = thread::spawn(move || {
        let only = ["--only", "restart", "--timeout", "120", "--restart-command", &command];
        app.run(&[&["--json", "p11", "check", &module], &only[..]].concat())
    });
    let mut restarts = 0;
    while !checking.is_finished() {
        if fs::remove_file(&asked).is_ok() {
            backend.restart();
            restarts += 1;
            fs::write(&done, "").unwrap();
        }
        thread::sleep(Duration::from_millis(10));
    }
    let verdicts = verdicts(&checking.join().unwrap());
    assert_eq!(restarts, verdicts.len());
    assert!(verdicts.iter().all(|(_, verdict, _)| verdict == "pass"), "{verdicts:?}");
}

#[test]
fn what_is_no_module_is_said_to_be_none() {
    let backend = Backend::start();
    let app = app(&backend);
    let libc = app.fails(2, "INVALID_ARGUMENT", &["p11", "check", "libc.so.6"]);
    assert!(libc.contains("C_GetFunctionList"), "{libc}");
    let missing = app.fails(2, "INVALID_ARGUMENT", &["p11", "check", "/nonexistent.so"]);
    assert!(missing.contains("/nonexistent.so"), "{missing}");
    let module = module();
    let token = ["p11", "check", &module, "--token", "elsewhere"];
    let token = app.fails(2, "INVALID_ARGUMENT", &token);
    assert!(token.contains("elsewhere") && token.contains("dev"), "{token}");
}

#[test]
fn a_crash_and_a_hang_are_verdicts_that_tell_where() {
    let dir = tempfile::tempdir().unwrap();
    for (body, verdict, how, place) in [
        ("abort();", "crashed", "SIGABRT", "in C_Initialize"),
        ("for (;;) pause();", "hung", "after 2 s", "in C_Initialize"),
        ("return atexit(abort);", "crashed", "SIGABRT", "in dlclose"),
    ] {
        let module = compile(dir.path(), body);
        let only = ["--only", "life/initialize-in-threads", "--timeout", "2"];
        let args = [&["--json", "p11", "check", module.to_str().unwrap()], &only[..]].concat();
        let run = run(bare().args(args));
        assert_eq!(run.code, 1, "{}", run.stderr);
        let [(_, found, note)] = &verdicts(&run)[..] else { panic!("{}", run.text()) };
        assert_eq!(found, verdict, "{body}: {note}");
        assert!(note.contains(how) && note.ends_with(place), "{body}: {note}");
    }
}

/// A module whose every function is `body`.
fn compile(dir: &Path, body: &str) -> PathBuf {
    let (source, library) = (dir.join("module.c"), dir.join("module.so"));
    let code = format!(
        "#include <stdlib.h>\n\
         #include <unistd.h>\n\
         static unsigned long bad(void) {{ {body} }}\n\
         static struct {{ unsigned char version[2]; unsigned long (*functions[68])(void); }} list;\n\
         unsigned long C_GetFunctionList(void **place) {{\n\
             for (int i = 0; i < 68; i++) list.functions[i] = bad;\n\
             *place = &list;\n\
             return 0;\n\
         }}\n"
    );
    fs::write(&source, code).unwrap();
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source);
    assert!(compiler.status().expect("a C compiler").success());
    library
}

#[test]
fn checks_are_listed_and_chosen_by_name() {
    let list = run(bare().args(["p11", "check", "--list", "--only", "fork"]));
    assert_eq!(list.code, 0, "{}", list.stderr);
    let list = list.text();
    assert!(list.contains("fork/grandchild") && !list.contains("life/"), "{list}");
    let unknown = run(bare().args(["p11", "check", "--list", "--only", "forks"]));
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("--list"), "{}", unknown.stderr);
}
