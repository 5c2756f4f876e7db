package lakehouse.catalog

import java.io.FileNotFoundException
import java.nio.file.Files
import java.nio.file.attribute.{PosixFileAttributes, PosixFilePermissions}

import org.apache.hadoop.fs.{FileStatus, Path, RawLocalFileSystem}
import org.apache.hadoop.fs.permission.FsPermission

/**
 * Local files without checksum files beside them. Where Hadoop's native library is missing, as in pyspark, Hadoop runs
 * `chmod` for each file and folder that it makes, `ls` for each whose mode or owner is asked for and `readlink` for each
 * that is renamed; here the JVM does all of it.
 */
class PlainFileSystem extends RawLocalFileSystem {
  override def setPermission(path: Path, mode: FsPermission): Unit =
    Files.setAttribute(pathToFile(path).toPath, "unix:mode", Int.box(mode.toShort.toInt))

  override def getFileStatus(path: Path): FileStatus = {
    val file = pathToFile(path)
    val found =
      try Files.readAttributes(file.toPath, classOf[PosixFileAttributes])
      catch { case _: Exception if !file.exists => throw new FileNotFoundException(s"File $path does not exist") }
    val mode = FsPermission.valueOf((if (found.isDirectory) "d" else "-") + PosixFilePermissions.toString(found.permissions))
    new FileStatus(found.size, found.isDirectory, 1, getDefaultBlockSize(path), found.lastModifiedTime.toMillis,
      found.lastAccessTime.toMillis, mode, found.owner.getName, found.group.getName,
      new Path(file.getPath).makeQualified(getUri, getWorkingDirectory))
  }

  /** A link counts as what it points to: so it does in Hadoop, whose `readlink` is given a URI and finds no file of that name. */
  override def getFileLinkStatus(path: Path): FileStatus = getFileStatus(path)
}
