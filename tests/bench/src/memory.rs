//! Memory and processor time as Linux counts them.

use std::{collections::HashMap, fs};

use crate::Failure;

/// Linux tells user space 100 to the second on every architecture it runs windows on (`USER_HZ`).
const TICKS: f64 = 100.0;

/// The most that this process ever had resident, in MiB (`VmHWM`).
///
/// # Errors
/// Where there is no `/proc`.
pub(crate) fn peak_mib() -> Result<f64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    kib(&status, "VmHWM:").map(|kib| kib / 1024.0).ok_or_else(|| "no VmHWM".into())
}

/// What a process and all that it started hold, in MiB: the sum of their proportional shares (`Pss`), so that a
/// library that several map is counted once.
///
/// # Errors
/// Where there is no `/proc`, or the process is gone.
pub(crate) fn pss_mib(pid: u32) -> Result<f64, Failure> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let Some(child) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(parent) = stat(child).and_then(|fields| fields.get(1)?.parse().ok()) {
            children.entry(parent).or_default().push(child);
        }
    }
    let mut family = vec![pid];
    let mut sum = 0.0;
    while let Some(one) = family.pop() {
        family.extend(children.get(&one).into_iter().flatten());
        // One that has just ended holds nothing.
        if let Ok(rollup) = fs::read_to_string(format!("/proc/{one}/smaps_rollup")) {
            sum += kib(&rollup, "Pss:").unwrap_or(0.0) / 1024.0;
        } else if one == pid {
            return Err(format!("process {pid} is gone").into());
        }
    }
    Ok(sum)
}

/// The process that runs `program` with `argument` among its arguments: the eldest, where there are several.
///
/// # Errors
/// Where there is none.
pub(crate) fn process_of(program: &std::path::Path, argument: &str) -> Result<u32, Failure> {
    let program = fs::canonicalize(program)?;
    let mut found: Vec<(u64, u32)> = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let runs = fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == program);
        if runs && fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| has(&line, argument)) {
            found.push((started_ticks(pid).unwrap_or(u64::MAX), pid));
        }
    }
    found.iter().min().map(|(_, pid)| *pid).ok_or_else(|| format!("{} does not run", program.display()).into())
}

fn has(line: &[u8], argument: &str) -> bool {
    line.split(|byte| *byte == 0).any(|word| word == argument.as_bytes())
}

/// Processor seconds that this process has used, all threads together, to the hundredth.
///
/// # Errors
/// Where there is no `/proc`.
pub(crate) fn cpu_seconds() -> Result<f64, Failure> {
    let fields = stat(std::process::id()).ok_or("no /proc")?;
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<u64>().ok());
    // In user space and in the kernel.
    let (user, kernel) = ticks(11).zip(ticks(12)).ok_or("no times")?;
    Ok(crate::figure::count(user + kernel) / TICKS)
}

/// When a process was started, in milliseconds since 1970, to the hundredth of a second that Linux keeps.
///
/// # Errors
/// Where there is no `/proc`, or the process is gone.
pub(crate) fn started_at(pid: u32) -> Result<f64, Failure> {
    let ticks = started_ticks(pid).ok_or_else(|| format!("process {pid} is gone"))?;
    let uptime = fs::read_to_string("/proc/uptime")?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs_f64();
    let up: f64 = uptime.split(' ').next().ok_or("no uptime")?.parse()?;
    Ok((now - up + crate::figure::count(ticks) / TICKS) * 1e3)
}

fn started_ticks(pid: u32) -> Option<u64> {
    stat(pid)?.get(19)?.parse().ok()
}

/// The fields of `/proc/PID/stat` behind the name, which may hold spaces: the first is the state.
fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, behind) = stat.rsplit_once(')')?;
    Some(behind.split_whitespace().map(str::to_owned).collect())
}

fn kib(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
