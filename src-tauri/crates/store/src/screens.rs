//! The screens never wait: every statement that one makes has its index, and no sort of its own.

use rusqlite::Connection;

use crate::{migrate, table};

/// The plan of a statement as SQLite tells it, one step a line.
fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let steps = statement.query_map(rusqlite::params_from_iter(vec![None::<i64>; parameters(sql)]), |row| row.get(3));
    steps.unwrap().map(Result::unwrap).collect()
}

fn parameters(sql: &str) -> usize {
    (1..20).take_while(|number| sql.contains(&format!("?{number}"))).count()
}

/// A step that reads more than what it returns. The text index is walked by its own order.
fn is_slow(step: &str) -> bool {
    let walks_the_index = step.starts_with("SCAN f VIRTUAL TABLE INDEX");
    let reads_all = step.starts_with("SCAN") && !step.starts_with("SCAN CONSTANT ROW");
    (reads_all && !walks_the_index) || step.contains("TEMP B-TREE")
}

fn fresh() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate::migrate(&mut connection).unwrap();
    connection
}

#[test]
fn every_statement_of_a_screen_and_of_a_pull_has_its_index_and_sorts_nothing() {
    let connection = fresh();
    for (name, sql) in table::screens().into_iter().chain(table::of_a_pull()) {
        let slow: Vec<_> = plan(&connection, sql).into_iter().filter(|step| is_slow(step)).collect();
        assert!(slow.is_empty(), "{name}: {slow:?}");
    }
}

#[test]
fn a_scan_and_a_sort_would_be_found() {
    let connection = fresh();
    let slow = |sql: &str| plan(&connection, sql).iter().any(|step| is_slow(step));
    assert!(slow("SELECT id FROM message WHERE text = ?1"));
    assert!(slow("SELECT id FROM thread WHERE patient = ?1 ORDER BY subject_line"));
}
