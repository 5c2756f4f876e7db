package lakehouse.catalog

import java.io.File
import java.net.URI

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.{DelegateToFileSystem, Path}
import org.apache.spark.sql.lakehouse.Guard

/** `file:` without the files of this machine that Spark has nothing to do with. */
class LocalFileSystem extends PlainFileSystem {
  override def pathToFile(path: Path): File = {
    val file = super.pathToFile(path)
    if (Guard.places != null) Guard.places.mayOpen(file)
    file
  }
}

/** The same for FileContext, by which streams and Delta write. */
class LocalFiles(uri: URI, conf: Configuration) extends DelegateToFileSystem(uri, new LocalFileSystem, conf, "file", false) {
  override def getUriDefaultPort: Int = -1
  override def isValidName(name: String): Boolean = true // the operating system knows what it allows
}
