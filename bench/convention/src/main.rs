//! `stilt-bench-convention [--format table|json] [--n N] [--rounds R] [NAME…]`: measures the variants and prints them.

use std::error::Error;
use std::time::Duration;
use stilt_bench_convention::measure::{Row, SKEWS, measure};

fn main() -> Result<(), Box<dyn Error>> {
    let mut json = false;
    let mut n = 35;
    let mut rounds = 3;
    let mut names = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--format" => {
                json = match args.next().as_deref() {
                    Some("json") => true,
                    Some("table") => false,
                    _ => return Err("--format wants `table` or `json`".into()),
                }
            }
            "--n" => n = args.next().ok_or("--n wants a number")?.parse()?,
            "--rounds" => rounds = args.next().ok_or("--rounds wants a number")?.parse()?,
            name if !name.starts_with('-') => names.push(arg),
            _ => return Err(format!("unknown option {arg}; see the module's first lines").into()),
        }
    }
    let rows = measure(n, rounds, |name| names.is_empty() || names.iter().any(|wanted| wanted == name))?;
    let print = if json { print_json } else { print_table };
    print(n, &rows);
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn print_table(n: i32, rows: &[Row]) {
    let runs: usize = rows.first().map_or(0, |row| row.times.iter().map(Vec::len).sum());
    println!("fib({n}), {runs} interleaved runs of each variant over {} placements, milliseconds\n", SKEWS.len());
    println!(
        "| variant | what | median | by placement | best | instructions per call or round | code bytes | frame bytes |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|");
    for row in rows {
        let (low, high) = row.placements();
        println!(
            "| {} | {} | {:.1} | {:.1}–{:.1} | {:.1} | {:.1} | {} | {} |",
            row.variant.name,
            row.variant.about,
            milliseconds(row.median()),
            milliseconds(low),
            milliseconds(high),
            milliseconds(row.best()),
            row.instructions,
            row.code_bytes,
            row.frame_bytes
        );
    }
}

fn print_json(n: i32, rows: &[Row]) {
    println!("{{\"n\": {n}, \"variants\": [");
    for (index, row) in rows.iter().enumerate() {
        let list = |times: &Vec<Duration>| {
            let times: Vec<String> = times.iter().map(|&time| format!("{:.3}", milliseconds(time))).collect();
            format!("[{}]", times.join(", "))
        };
        let times: Vec<String> = row.times.iter().map(list).collect();
        println!(
            "  {{\"name\": \"{}\", \"about\": \"{}\", \"median_ms\": {:.3}, \"instructions_per_call\": {:.3}, \
             \"code_bytes\": {}, \"frame_bytes\": {}, \"times_ms\": [{}]}}{}",
            row.variant.name,
            row.variant.about,
            milliseconds(row.median()),
            row.instructions,
            row.code_bytes,
            row.frame_bytes,
            times.join(", "),
            if index + 1 == rows.len() { "" } else { "," }
        );
    }
    println!("]}}");
}
