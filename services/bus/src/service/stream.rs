//! Streams that go on as the record grows, from the place after which the caller resumes.
//!
//! One task per stream: it reads what there is, hands it over through a channel of few pieces (who
//! reads slowly is waited for), and then waits for growth. It ends when the caller has gone, when
//! the bus stops, or with the error that it met.

use std::sync::Arc;

use domain::party::Party;
use proto::sealed::{FollowResponse, WatchReceiptsResponse};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::wire;
use crate::engine::{Engine, Error};

/// How many pieces wait for a slow reader.
const PIECES: usize = 2;
/// How many envelopes a piece has at most.
const PIECE: usize = 500;

/// Something that is read on and on.
#[tonic::async_trait]
pub trait Source: Send + 'static {
    /// A piece of it.
    type Item: Send + 'static;

    /// Whose growth it follows.
    fn engine(&self) -> &Arc<dyn Engine>;

    /// Reads on.
    async fn next(&mut self) -> Result<Step<Self::Item>, Error>;
}

/// What was read.
pub enum Step<T> {
    /// A piece.
    Piece(T),
    /// Nothing for the caller here, but there may be more behind it.
    Passed,
    /// Nothing before the record grows.
    End,
}

/// The record.
pub struct Record {
    /// Where it is.
    pub engine: Arc<dyn Engine>,
    /// The last place that was read.
    pub after: u64,
    /// Whether it is still to be told, once, that all was sent.
    pub is_end_told: bool,
}

#[tonic::async_trait]
impl Source for Record {
    type Item = FollowResponse;

    fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    async fn next(&mut self) -> Result<Step<FollowResponse>, Error> {
        let piece = self.engine.read(self.after, PIECE).await?;
        let is_end = piece.upto == self.after;
        self.after = piece.upto;
        let is_told = is_end && std::mem::take(&mut self.is_end_told);
        Ok(match piece.recorded.is_empty() && !is_told {
            false => Step::Piece(wire::piece(piece, self.engine.log_id())),
            true if is_end => Step::End,
            true => Step::Passed,
        })
    }
}

/// The receipts of one source.
pub struct Settled {
    /// Where they are.
    pub engine: Arc<dyn Engine>,
    /// Who has sent.
    pub source: Party,
    /// The last receipt place that was read.
    pub after: u64,
}

#[tonic::async_trait]
impl Source for Settled {
    type Item = WatchReceiptsResponse;

    fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    async fn next(&mut self) -> Result<Step<WatchReceiptsResponse>, Error> {
        let receipts = self.engine.receipts(&self.source, self.after, PIECE).await?;
        let is_end = receipts.upto <= self.after;
        self.after = receipts.upto.max(self.after);
        Ok(match receipts.receipts.is_empty() && receipts.proofs.is_empty() {
            false => Step::Piece(wire::receipts(receipts, self.engine.log_id())),
            true if is_end => Step::End,
            true => Step::Passed,
        })
    }
}

/// Streams a source until somebody ends it.
pub fn spawn<S: Source>(
    mut source: S,
    shutdown: CancellationToken,
) -> ReceiverStream<Result<S::Item, Status>> {
    let (pieces, receiver) = mpsc::channel(PIECES);
    tokio::spawn(async move {
        let caller = pieces.clone();
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = caller.closed() => {}
            outcome = run(&mut source, &pieces) => {
                if let Err(error) = outcome {
                    let _gone = pieces.send(Err(wire::status(error))).await;
                }
            }
        }
    });
    ReceiverStream::new(receiver)
}

async fn run<S: Source>(
    source: &mut S,
    pieces: &mpsc::Sender<Result<S::Item, Status>>,
) -> Result<(), Error> {
    let mut growth = source.engine().growth();
    loop {
        growth.borrow_and_update();
        loop {
            match source.next().await? {
                Step::Piece(piece) => {
                    if pieces.send(Ok(piece)).await.is_err() {
                        return Ok(());
                    }
                }
                Step::Passed => {}
                Step::End => break,
            }
        }
        if growth.changed().await.is_err() {
            return Ok(());
        }
    }
}
