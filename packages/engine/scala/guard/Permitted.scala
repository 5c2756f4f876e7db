package org.apache.spark.sql.lakehouse

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan

/**
 * What a principal's plan may consist of. What Spark or Delta bring anew is refused until somebody has looked at it:
 * tests/engine/guard/test_guard.py fails then, and names it. Packages are below org.apache.spark.sql where they have no dot first.
 */
object Permitted {
  /** Commands that reach tables by names, which GuardRule asks for, or by paths, which GuardCheck looks at. */
  private val commands = parsed(
    "catalyst.plans.logical" ->
      """AddCheckConstraint AddColumns AddConstraint AlterColumnSyncIdentity AlterColumns AlterTableAddConstraint
        |AlterTableClusterBy AlterTableDropConstraint AlterTableDropFeature AlterViewAs AlterViewSchemaBinding AppendData
        |CacheTable CacheTableAsSelect CloseCursor CommentOnTable CompoundBody CreateTable CreateTableAsSelect CreateTableLike
        |CreateVariable CreateView DeclareCursor DeleteFromTable DeltaMergeInto DescribeColumn DescribeFunction
        |DescribeNamespace DescribeRelation DescribeTablePartition DropColumns DropConstraint DropTable DropVariable DropView
        |FetchCursor InsertOnlyMerge MergeIntoTable NoopCommand OpenCursor OverwriteByExpression OverwritePartitionsDynamic
        |RefreshTable RenameColumn RenameTable ReplaceColumns ReplaceTable ReplaceTableAsSelect SetCatalogAndNamespace
        |SetTableProperties SetVariable SetViewProperties ShowColumns ShowCreateTable ShowFunctions ShowPartitions
        |ShowTableProperties ShowTables ShowTablesExtended ShowViews TruncateTable UncacheTable UnsetTableProperties
        |UnsetViewProperties UpdateTable""",
    "delta" ->
      """DeltaDynamicPartitionOverwriteCommand""",
    "delta.commands" ->
      """CloneTableCommand CreateDeltaTableCommand DeleteCommand DeltaInsertReplaceOnOrUsingCommand DeltaReorgTable
        |DeltaReorgTableCommand DescribeDeltaDetailCommand DescribeDeltaHistoryCommand MergeIntoCommand OptimizeTableCommand
        |RestoreTableCommand ShowDeltaPartitionsCommand ShowDeltaTableColumnsCommand TruncateDeltaTableCommand UpdateCommand
        |WriteIntoDelta""",
    "delta.skipping.clustering.temp" ->
      """AlterTableClusterBy""",
    "execution.command" ->
      """ClearCacheCommand$ CreateSQLFunctionCommand CreateViewCommand DescribeColumnCommand DescribeFunctionCommand
        |DescribeQueryCommand DescribeRelationJsonCommand DescribeTableCommand DropFunctionCommand DropTempViewCommand
        |ExplainCommand InsertIntoDataSourceDirCommand ResetCommand SetCatalogCommand SetCommand SetNamespaceCommand
        |ShowCatalogsCommand ShowCollationsCommand ShowColumnsCommand ShowCurrentNamespaceCommand ShowFunctionsCommand
        |ShowNamespacesCommand StreamingExplainCommand""",
    "execution.datasources" ->
      """CreateTempViewUsing InsertIntoHadoopFsRelationCommand SaveIntoDataSourceCommand""",
    "io.delta.tables.execution" ->
      """VacuumTableCommand""",
  )

  /** Operators, and what stands for names until they are resolved. */
  private val operators = parsed(
    "catalyst" ->
      """TimeTravel""",
    "catalyst.analysis" ->
      """CurrentNamespace$ GeneralParameterizedQuery NameParameterizedQuery NamedStreamingRelation PlanWithUnresolvedIdentifier
        |PosParameterizedQuery RelationTimeTravel ResolvedIdentifier ResolvedInlineTable ResolvedNamespace
        |ResolvedNonPersistentFunc ResolvedPersistentFunc ResolvedPersistentView ResolvedTable ResolvedTempView SQLFunctionNode
        |SQLTableFunction UnresolvedEventTimeWatermark UnresolvedExecuteImmediate UnresolvedFunctionName UnresolvedHaving
        |UnresolvedIdentifier UnresolvedInlineTable UnresolvedNamespace UnresolvedProcedure UnresolvedQualify
        |UnresolvedRelation UnresolvedSubqueryColumnAliases UnresolvedTVFAliases UnresolvedTable UnresolvedTableOrView
        |UnresolvedTableValuedFunction UnresolvedTranspose UnresolvedView V2TableReference""",
    "catalyst.analysis.resolver" ->
      """UnresolvedCteRelationRef""",
    "catalyst.catalog" ->
      """UnresolvedCatalogRelation""",
    "catalyst.encoders" ->
      """DummyExpressionHolder""",
    "catalyst.expressions" ->
      """PipeOperator""",
    "catalyst.optimizer" ->
      """NonGroupingAggregateReference OrderedJoin""",
    "catalyst.plans.logical" ->
      """Aggregate AppendColumns AppendColumnsWithObject ArrowEvalPython ArrowEvalPythonUDTF AsOfJoin AttachDistributedSequence
        |BatchEvalPython BatchEvalPythonUDTF CTERelationDef CTERelationRef CloneTableStatement CoGroup CollectMetrics
        |CommandResult DataFrameDropColumns Deduplicate DeduplicateWithinWatermark DeltaDelete DeltaUpdateTable
        |DeserializeToObject Distinct DomainJoin EmptyRelation ErrorCondition EventTimeWatermark Except ExceptionHandler Expand
        |Filter FlatMapCoGroupsInArrow FlatMapCoGroupsInPandas FlatMapGroupsInArrow FlatMapGroupsInPandas
        |FlatMapGroupsInPandasWithState FlatMapGroupsWithState ForStatement Generate GlobalLimit IfElseStatement
        |InsertIntoStatement Intersect IterateStatement Join LateralJoin LeaveStatement LimitAll LocalLimit LocalRelation
        |LoopStatement MapElements MapGroups MapInArrow MapInPandas MapPartitions MergeRows MultiResult NearestByJoin Offset
        |OneRowRelation Pivot Project Range RebalancePartitions Repartition RepartitionByExpression RepeatStatement
        |ResolvedHint RestoreTableStatement ReturnAnswer SQLFunctionNode Sample SearchedCaseStatement SequentialStreamingUnion
        |SerializeFromObject SimpleCaseStatement SingleStatement Sort Subquery SubqueryAlias Tail TransformWithState
        |TransformWithStateInPySpark Transpose TypedFilter Union UnionLoop UnionLoopRef Unpivot UnresolvedDataSource
        |UnresolvedHint UnresolvedWith UpdateEventTimeWatermarkColumn View WhileStatement Window WindowGroupLimit WithCTE
        |WithWindowDefinition""",
    "catalyst.streaming" ->
      """StreamingRelationV2 WriteToStream WriteToStreamStatement""",
    "delta" ->
      """CDCNameBased CDCPathBased TableChanges UnresolvedPathBasedDeltaTable UnresolvedPathBasedDeltaTableRelation
        |UnresolvedPathBasedTable""",
    "delta.commands" ->
      """DescribeDeltaHistory""",
    "delta.constraints" ->
      """DeltaInvariantChecker ExpressionLogicalPlanWrapper""",
    "delta.skipping.clustering.temp" ->
      """ClusterByPlan""",
    "delta.util" ->
      """AnalysisHelper$FakeLogicalPlan""",
    "metricview.logical" ->
      """ResolvedMetricView""",
    "execution" ->
      """ExternalRDD LogicalRDD""",
    "execution.adaptive" ->
      """LogicalQueryStage""",
    "execution.columnar" ->
      """InMemoryRelation""",
    "execution.datasources" ->
      """LogicalRelation WriteFiles""",
    "execution.datasources.v2" ->
      """DataSourceV2Relation DataSourceV2ScanRelation ScanBuilderHolder StreamingDataSourceV2Relation
        |StreamingDataSourceV2ScanRelation WriteToDataSourceV2""",
    "execution.streaming.runtime" ->
      """OffsetHolder StreamingExecutionRelation StreamingRelation""",
    "execution.streaming.sources" ->
      """MemoryPlan WriteToMicroBatchDataSource WriteToMicroBatchDataSourceV1""",
  )

  private def parsed(packages: (String, String)*): Set[String] = packages.flatMap { case (name, classes) =>
    val full = if (name.startsWith("io.")) name else s"org.apache.spark.sql.$name"
    classes.stripMargin.split("\\s+").filter(_.nonEmpty).map(each => s"$full.$each")
  }.toSet

  def apply(node: LogicalPlan): Boolean = {
    val name = node.getClass.getName
    operators(name) || commands(name)
  }

  /** For the test that compares them with Spark's jars. */
  def known: Array[String] = (commands ++ operators).toArray.sorted
}
