package lakehouse.catalog

import java.io.File
import java.net.URI
import java.util

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs._
import org.apache.hadoop.fs.permission.FsPermission
import org.apache.hadoop.util.Progressable
import org.apache.spark.sql.lakehouse.Guard

/** `file:` without the files of this machine that Spark has nothing to do with; `/Workspace/…` is the copy of the workspace's file. */
class GuardedFileSystem extends PlainFileSystem {
  override def pathToFile(path: Path): File = {
    val file = Option(Guard.places).flatMap(_.copyOf(path.toUri.getPath)).getOrElse(super.pathToFile(path))
    if (Guard.places != null) Guard.places.mayOpen(file)
    file
  }

  private def isCopy(path: Path): Boolean = Guard.places != null && Guard.places.copyOf(path.toUri.getPath).isDefined

  override def getFileStatus(path: Path): FileStatus = {
    val found = super.getFileStatus(path)
    if (isCopy(path)) found.setPath(path.makeQualified(getUri, getWorkingDirectory))
    found
  }

  /** Hadoop shows a file, unlike those of a folder, by where it is on the disk. */
  override def listStatus(path: Path): Array[FileStatus] =
    if (isCopy(path) && pathToFile(path).isFile) Array(getFileStatus(path)) else super.listStatus(path)
}

/** Hadoop wants its local file system to be of this class; what the class adds, checksum files, is left out again. */
class LocalFileSystem extends org.apache.hadoop.fs.LocalFileSystem(new GuardedFileSystem) {
  override def open(path: Path, buffer: Int): FSDataInputStream = fs.open(path, buffer)
  override def append(path: Path, buffer: Int, progress: Progressable): FSDataOutputStream = fs.append(path, buffer, progress)
  override def truncate(path: Path, length: Long): Boolean = fs.truncate(path, length)
  override def create(path: Path, mode: FsPermission, overwrite: Boolean, buffer: Int, replication: Short, block: Long,
      progress: Progressable): FSDataOutputStream = fs.create(path, mode, overwrite, buffer, replication, block, progress)
  override def create(path: Path, mode: FsPermission, flags: util.EnumSet[CreateFlag], buffer: Int, replication: Short, block: Long,
      progress: Progressable, checksum: Options.ChecksumOpt): FSDataOutputStream =
    fs.create(path, mode, flags, buffer, replication, block, progress, checksum)
  override def createNonRecursive(path: Path, mode: FsPermission, flags: util.EnumSet[CreateFlag], buffer: Int, replication: Short,
      block: Long, progress: Progressable): FSDataOutputStream = fs.createNonRecursive(path, mode, flags, buffer, replication, block, progress)
  override def setPermission(path: Path, mode: FsPermission): Unit = fs.setPermission(path, mode)
  override def setReplication(path: Path, replication: Short): Boolean = fs.setReplication(path, replication)
  override def rename(from: Path, to: Path): Boolean = fs.rename(from, to)
  override def delete(path: Path, recursive: Boolean): Boolean = fs.delete(path, recursive)
  override def listStatus(path: Path): Array[FileStatus] = fs.listStatus(path)
  override def listLocatedStatus(path: Path): RemoteIterator[LocatedFileStatus] = fs.listLocatedStatus(path)
  override def mkdirs(path: Path): Boolean = fs.mkdirs(path)
  override def mkdirs(path: Path, mode: FsPermission): Boolean = fs.mkdirs(path, mode)
}

/** The same for FileContext, by which streams and Delta write. */
class LocalFiles(uri: URI, conf: Configuration) extends DelegateToFileSystem(uri, new GuardedFileSystem, conf, "file", false) {
  override def getUriDefaultPort: Int = -1
  override def isValidName(name: String): Boolean = true // the operating system knows what it allows
}
