package lakehouse.catalog

import java.net.URI

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs._
import org.apache.hadoop.fs.permission.{FsAction, FsPermission}
import org.apache.spark.sql.lakehouse.Guard

object VolumeFileSystem {
  private var chosen: String = _

  /** What the engine started with: a setting or an option of a later session changes nothing. */
  private def root(conf: Configuration): String = synchronized {
    if (chosen == null) chosen = Option(conf.get("lakehouse.volumes.root"))
      .getOrElse(throw new IllegalStateException("lakehouse.volumes.root is not set")).stripSuffix("/")
    chosen
  }
}

/**
 * `dbfs:/Volumes/<catalog>/<schema>/<volume>/…` on this machine: a folder below `lakehouse.volumes.root`. It is the
 * default file system, so that a plain /Volumes path works and `_metadata.file_path` shows what Databricks shows.
 */
class VolumeFileSystem extends FileSystem {
  private val fs = new PlainFileSystem
  private var root: String = _
  private val self = URI.create("dbfs:///")

  override def initialize(uri: URI, conf: Configuration): Unit = {
    super.initialize(uri, conf)
    fs.initialize(URI.create("file:///"), conf)
    root = VolumeFileSystem.root(conf)
  }

  override def getScheme: String = "dbfs"
  override def getUri: URI = self
  override protected def canonicalizeUri(uri: URI): URI = uri
  override def checkPath(path: Path): Unit = {
    val uri = path.toUri
    if (uri.getScheme != null && uri.getScheme != "dbfs") throw new IllegalArgumentException(s"Wrong file system for $path, expected dbfs:/")
  }
  override def makeQualified(path: Path): Path = path.makeQualified(self, getWorkingDirectory)
  override def resolvePath(path: Path): Path = makeQualified(path)
  override def getWorkingDirectory: Path = new Path("dbfs:/")
  override def getHomeDirectory: Path = new Path("dbfs:/")
  override def setWorkingDirectory(path: Path): Unit = ()

  /** The file to read: one of a volume, or the copy of one of the workspace. */
  private def readable(path: Path): Path = Option(Guard.places).flatMap(_.copyOf(path.toUri.getPath)).fold(local(path)) { copy =>
    Guard.places.mayOpen(copy)
    new Path("file", null, copy.getPath)
  }

  /** @throws IllegalArgumentException for what is not below a volume */
  private def local(path: Path): Path = {
    val text = path.toUri.getPath
    if (text != "/Volumes" && !text.startsWith("/Volumes/"))
      throw new IllegalArgumentException(s"$text is not below /Volumes; the local workspace has no DBFS root. Use /Volumes/<catalog>/<schema>/<volume>/….")
    if (text.split("/").contains("..")) throw new IllegalArgumentException(s"$text leaves its volume")
    // Not from one text: blanks, quotes and % are what they are in the name of the file.
    val file = root + text.substring("/Volumes".length)
    if (Guard.places != null) Guard.places.staysInVolume(new java.io.File(file))
    new Path("file", null, file)
  }
  private def back(status: FileStatus): FileStatus = {
    val path = status.getPath.toUri.getPath
    val copied = Option(Guard.places).flatMap(_.ofCopy(path))
    val shown = new Path("dbfs", null, copied.getOrElse("/Volumes" + path.substring(root.length)))
    new FileStatus(status.getLen, status.isDirectory, status.getReplication, status.getBlockSize,
      status.getModificationTime, status.getAccessTime, status.getPermission, status.getOwner, status.getGroup, shown)
  }

  override def open(path: Path, bufferSize: Int): FSDataInputStream = fs.open(readable(path), bufferSize)
  override def create(path: Path, mode: FsPermission, overwrite: Boolean, bufferSize: Int,
      replication: Short, blockSize: Long, progress: org.apache.hadoop.util.Progressable): FSDataOutputStream =
    fs.create(local(path), mode, overwrite, bufferSize, replication, blockSize, progress)
  override def createNonRecursive(path: Path, mode: FsPermission, flags: java.util.EnumSet[CreateFlag],
      bufferSize: Int, replication: Short, blockSize: Long, progress: org.apache.hadoop.util.Progressable): FSDataOutputStream =
    fs.createNonRecursive(local(path), mode, flags, bufferSize, replication, blockSize, progress)
  override def append(path: Path, bufferSize: Int, progress: org.apache.hadoop.util.Progressable): FSDataOutputStream =
    fs.append(local(path), bufferSize, progress)
  override def rename(from: Path, to: Path): Boolean = fs.rename(local(from), local(to))
  override def delete(path: Path, recursive: Boolean): Boolean = fs.delete(local(path), recursive)
  override def listStatus(path: Path): Array[FileStatus] = fs.listStatus(readable(path)).map(back)
  override def listLocatedStatus(path: Path): RemoteIterator[LocatedFileStatus] = {
    val all = listStatus(path).iterator
    new RemoteIterator[LocatedFileStatus] {
      override def hasNext: Boolean = all.hasNext
      override def next(): LocatedFileStatus = {
        val status = all.next()
        new LocatedFileStatus(status, getFileBlockLocations(status, 0, status.getLen))
      }
    }
  }
  override def getFileBlockLocations(status: FileStatus, start: Long, length: Long): Array[BlockLocation] =
    if (status == null || status.getLen <= start) Array.empty
    else Array(new BlockLocation(Array("localhost:0"), Array("localhost"), 0, status.getLen))
  override def mkdirs(path: Path, mode: FsPermission): Boolean = fs.mkdirs(local(path), mode)
  override def getFileStatus(path: Path): FileStatus = back(fs.getFileStatus(readable(path)))
  override def exists(path: Path): Boolean = fs.exists(readable(path))
  override def access(path: Path, mode: FsAction): Unit = fs.access(readable(path), mode)
  override def getFileLinkStatus(path: Path): FileStatus = getFileStatus(path)
  override def setPermission(path: Path, mode: FsPermission): Unit = fs.setPermission(local(path), mode)
  override def setTimes(path: Path, modified: Long, accessed: Long): Unit = fs.setTimes(local(path), modified, accessed)
  override def truncate(path: Path, length: Long): Boolean = fs.truncate(local(path), length)
}
