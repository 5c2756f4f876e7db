// Snapshots and transactions of Delta are open to its own packages only.
package org.apache.spark.sql.delta.lakehouse

import org.apache.spark.sql.{Dataset, SparkSession}
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.delta._
import org.apache.spark.sql.delta.actions.{AddFile, DomainMetadata, SetTransaction}
import org.apache.spark.sql.delta.hooks.PostCommitHook
import org.apache.spark.sql.delta.implicits._
import org.apache.spark.sql.delta.util.JsonUtils

/**
 * Takes what a transaction asks of its table from the checksum that Delta writes with each commit, as TableFilesRule
 * does for queries: its files, their number and size, the last batches of streams. Delta itself replays the log in
 * Spark jobs, which for a table of few files is most of a MERGE or a replacement. What the checksum does not list stays
 * with Delta: files where they are many, those that were removed, and so the content of a checkpoint.
 */
object KnownFiles extends Rule[LogicalPlan] {
  /** Changes no plan: a statement's transactions start in the thread that has analyzed it. */
  override def apply(plan: LogicalPlan): LogicalPlan = {
    TransactionExecutionObserver.setObserver(StartKnown)
    plan
  }

  // Public in the class file, protected in Scala.
  private val installSnapshot = classOf[DeltaLog].getMethod("installSnapshot", classOf[Snapshot], java.lang.Long.TYPE)

  /** Gives the log, and who reads it next, the snapshot that knows its files, where the log has a plain one. */
  private def install(log: DeltaLog): Unit = log.withSnapshotLockInterruptibly {
    val found = log.getCapturedSnapshot()
    known(found.snapshot).foreach(snapshot => installSnapshot.invoke(log, snapshot, Long.box(found.updateTimestamp)))
  }

  /** The table as it is now. */
  def latest(log: DeltaLog): Snapshot = {
    val found = log.update()
    known(found).getOrElse(found)
  }

  private def known(snapshot: Snapshot): Option[Snapshot] = snapshot match {
    case none: DummySnapshot => Option.when(none.getClass == classOf[DummySnapshot])(new NoTableYet(none))
    case plain => Option.when(plain.getClass == classOf[Snapshot] && plain.checksumOpt.exists(isComplete))(new KnownSnapshot(plain))
  }

  private def isComplete(sum: VersionChecksum): Boolean = sum.setTransactions.isDefined && sum.domainMetadata.isDefined

  private object StartKnown extends TransactionExecutionObserver {
    override def startingTransaction(make: => OptimisticTransaction): OptimisticTransaction = {
      val made = make
      install(made.deltaLog)
      // Never of a later version: what the caller has read of the one that was asked for would escape the conflict checks.
      val current = made.deltaLog.unsafeVolatileSnapshot
      val same = current.logSegment == made.snapshot.logSegment
      val snapshot = if (same) current else known(made.snapshot).getOrElse(made.snapshot)
      val txn = if (snapshot eq made.snapshot) made else new OptimisticTransaction(made.deltaLog, made.catalogTable, snapshot)
      txn.registerPostCommitHook(AfterCommit)
      txn
    }
    override def createChild(): TransactionExecutionObserver = TransactionExecutionObserver.getObserver
    override def advanceToNextThreadObserver(): Unit = TransactionExecutionObserver.setObserver(this)
    override def preparingCommit[T](commit: => T): T = commit
    override def beginDoCommit(): Unit = ()
    override def beginBackfill(): Unit = ()
    override def beginPostCommit(): Unit = ()
    override def transactionCommitted(): Unit = ()
    override def transactionAborted(): Unit = ()
  }

  private object AfterCommit extends PostCommitHook {
    override val name: String = "Known files"
    override def run(spark: SparkSession, txn: CommittedTransaction): Unit = install(txn.deltaLog)
  }
}

/** A snapshot whose checksum lists its transactions and domains, and its files unless they are many. */
class KnownSnapshot(of: Snapshot) extends Snapshot(of.path, of.version, of.logSegment, of.deltaLog, of.checksumOpt) {
  private def sum: VersionChecksum = checksumOpt.get

  override def sizeInBytes: Long = sum.tableSizeBytes
  override def numOfFiles: Long = sum.numFiles
  override def numOfSetTransactions: Long = setTransactions.size.toLong
  override def setTransactions: Seq[SetTransaction] = sum.setTransactions.get
  override def domainMetadata: Seq[DomainMetadata] = sum.domainMetadata.get
  override def allFiles: Dataset[AddFile] = sum.allFiles.fold(super.allFiles)(spark.createDataset(_))

  override protected def getAllFiles(keepNumRecords: Boolean): Seq[AddFile] =
    sum.allFiles.fold(super.getAllFiles(keepNumRecords)) { files =>
      files.map(file => file.copy(stats = if (keepNumRecords) KnownSnapshot.numRecords(file) else null))
    }
}

object KnownSnapshot {
  /** Of a file's statistics only the number of its rows. */
  private def numRecords(file: AddFile): String = {
    val number = Option(file.stats).map(JsonUtils.mapper.readTree).flatMap(stats => Option(stats.get("numRecords")))
    number.filterNot(_.isNull).fold("{}")(rows => s"""{"numRecords":${rows.asLong}}""")
  }
}

/** Of a folder without a table, which has no files: Delta asks an empty log. */
class NoTableYet(of: DummySnapshot) extends DummySnapshot(of.logPath, of.deltaLog) {
  override def computeChecksum: VersionChecksum = super.computeChecksum.copy(allFiles = Some(Nil))
}
