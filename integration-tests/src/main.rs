//! The program under test: the same `main` as the binary, built where the tests can find it.

fn main() -> std::process::ExitCode {
    muster::main()
}
