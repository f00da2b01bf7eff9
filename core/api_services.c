/* Written by api_services.py from botocore 1.43.11. */
#include "core/api_services.h"

#include "core/api_routes.h"

const struct api_service api_services[] = {
    {"account", "account", "account", "ACCOUNT", "", API_REST_JSON, false, "", ""},
    {"acm", "acm", "acm", "ACM", "CertificateManager", API_JSON, false, "", ""},
    {"acm-pca", "acm-pca", "acm-pca", "ACM_PCA", "ACMPrivateCA", API_JSON, false, "", ""},
    {"aiops", "aiops", "aiops", "AIOPS", "", API_REST_JSON, false, "", ""},
    {"amplify", "amplify", "amplify", "AMPLIFY", "", API_REST_JSON, false, "", ""},
    {"amplifybackend", "amplifybackend", "amplifybackend", "AMPLIFYBACKEND", "", API_REST_JSON, false, "",
     ""},
    {"amplifyuibuilder", "amplifyuibuilder", "amplifyuibuilder", "AMPLIFYUIBUILDER", "", API_REST_JSON, false,
     "", ""},
    {"apigateway", "apigateway", "apigateway", "API_GATEWAY", "", API_REST_JSON, false, "",
     api_routes_apigateway},
    {"appconfig", "appconfig", "appconfig", "APPCONFIG", "", API_REST_JSON, false, "", ""},
    {"appfabric", "appfabric", "appfabric", "APPFABRIC", "", API_REST_JSON, false, "", ""},
    {"appflow", "appflow", "appflow", "APPFLOW", "", API_REST_JSON, false, "", ""},
    {"application-autoscaling", "application-autoscaling", "application-autoscaling",
     "APPLICATION_AUTO_SCALING", "AnyScaleFrontendService", API_JSON, false,
     "DeleteScalingPolicy DeleteScheduledAction DeregisterScalableTarget DescribeScalableTargets "
     "DescribeScalingActivities DescribeScalingPolicies DescribeScheduledActions "
     "GetPredictiveScalingForecast ListTagsForResource PutScalingPolicy PutScheduledAction "
     "RegisterScalableTarget TagResource UntagResource ",
     ""},
    {"application-signals", "application-signals", "application-signals", "APPLICATION_SIGNALS", "",
     API_REST_JSON, false, "", ""},
    {"appmesh", "appmesh", "appmesh", "APP_MESH", "", API_REST_JSON, false, "", ""},
    {"apprunner", "apprunner", "apprunner", "APPRUNNER", "AppRunner", API_JSON, false, "", ""},
    {"appstream", "appstream", "appstream2", "APPSTREAM", "PhotonAdminProxyService", API_JSON, false, "", ""},
    {"appsync", "appsync", "appsync", "APPSYNC", "", API_REST_JSON, false, "", ""},
    {"arc-region-switch", "arc-region-switch", "arc-region-switch", "ARC_REGION_SWITCH", "ArcRegionSwitch",
     API_CBOR, false, "", ""},
    {"arc-zonal-shift", "arc-zonal-shift", "arc-zonal-shift", "ARC_ZONAL_SHIFT", "", API_REST_JSON, false, "",
     ""},
    {"artifact", "artifact", "artifact", "ARTIFACT", "", API_REST_JSON, false, "", ""},
    {"athena", "athena", "athena", "ATHENA", "AmazonAthena", API_JSON, false, "", ""},
    {"auditmanager", "auditmanager", "auditmanager", "AUDITMANAGER", "", API_REST_JSON, false, "", ""},
    {"autoscaling", "autoscaling", "autoscaling", "AUTO_SCALING", "", API_QUERY, false,
     "AttachInstances AttachLoadBalancerTargetGroups AttachLoadBalancers AttachTrafficSources "
     "BatchDeleteScheduledAction BatchPutScheduledUpdateGroupAction CancelInstanceRefresh "
     "CompleteLifecycleAction CreateAutoScalingGroup CreateLaunchConfiguration "
     "CreateOrUpdateTags DeleteAutoScalingGroup DeleteLaunchConfiguration DeleteLifecycleHook "
     "DeleteNotificationConfiguration DeletePolicy DeleteScheduledAction DeleteTags "
     "DeleteWarmPool DescribeAccountLimits DescribeAdjustmentTypes DescribeAutoScalingGroups "
     "DescribeAutoScalingInstances DescribeAutoScalingNotificationTypes "
     "DescribeInstanceRefreshes DescribeLaunchConfigurations DescribeLifecycleHookTypes "
     "DescribeLifecycleHooks DescribeLoadBalancerTargetGroups DescribeLoadBalancers "
     "DescribeMetricCollectionTypes DescribeNotificationConfigurations DescribePolicies "
     "DescribeScalingActivities DescribeScalingProcessTypes DescribeScheduledActions "
     "DescribeTags DescribeTerminationPolicyTypes DescribeTrafficSources DescribeWarmPool "
     "DetachInstances DetachLoadBalancerTargetGroups DetachLoadBalancers DetachTrafficSources "
     "DisableMetricsCollection EnableMetricsCollection EnterStandby ExecutePolicy ExitStandby "
     "GetPredictiveScalingForecast LaunchInstances PutLifecycleHook PutNotificationConfiguration "
     "PutScalingPolicy PutScheduledUpdateGroupAction PutWarmPool RecordLifecycleActionHeartbeat "
     "ResumeProcesses RollbackInstanceRefresh SetDesiredCapacity SetInstanceHealth "
     "SetInstanceProtection StartInstanceRefresh SuspendProcesses "
     "TerminateInstanceInAutoScalingGroup UpdateAutoScalingGroup ",
     ""},
    {"autoscaling-plans", "autoscaling-plans", "autoscaling-plans", "AUTO_SCALING_PLANS",
     "AnyScaleScalingPlannerFrontendService", API_JSON, false, "", ""},
    {"b2bi", "b2bi", "b2bi", "B2BI", "B2BI", API_JSON, false, "", ""},
    {"backup", "backup", "backup", "BACKUP", "", API_REST_JSON, false, "", ""},
    {"backup-gateway", "backup-gateway", "backup-gateway", "BACKUP_GATEWAY", "BackupOnPremises_v20210101",
     API_JSON, false, "", ""},
    {"batch", "batch", "batch", "BATCH", "", API_REST_JSON, false, "", api_routes_batch},
    {"bcm-dashboards", "bcm-dashboards", "bcm-dashboards", "BCM_DASHBOARDS", "AWSBCMDashboardsService",
     API_JSON, false, "", ""},
    {"bcm-data-exports", "bcm-data-exports", "bcm-data-exports", "BCM_DATA_EXPORTS",
     "AWSBillingAndCostManagementDataExports", API_JSON, false, "", ""},
    {"bcm-pricing-calculator", "bcm-pricing-calculator", "bcm-pricing-calculator", "BCM_PRICING_CALCULATOR",
     "AWSBCMPricingCalculator", API_JSON, false, "", ""},
    {"bcm-recommended-actions", "bcm-recommended-actions", "bcm-recommended-actions",
     "BCM_RECOMMENDED_ACTIONS", "AWSBillingAndCostManagementRecommendedActions", API_JSON, false, "", ""},
    {"bedrock", "bedrock", "bedrock", "BEDROCK", "", API_REST_JSON, false, "", api_routes_bedrock},
    {"bedrock-agentcore", "bedrock-agentcore", "bedrock-agentcore", "BEDROCK_AGENTCORE", "", API_REST_JSON,
     false, "", ""},
    {"billing", "billing", "billing", "BILLING", "AWSBilling", API_JSON, false, "", ""},
    {"billingconductor", "billingconductor", "billingconductor", "BILLINGCONDUCTOR", "", API_REST_JSON, false,
     "", ""},
    {"braket", "braket", "braket", "BRAKET", "", API_REST_JSON, false, "", ""},
    {"budgets", "budgets", "budgets", "BUDGETS", "AWSBudgetServiceGateway", API_JSON, false, "", ""},
    {"ce", "ce", "ce", "COST_EXPLORER", "AWSInsightsIndexService", API_JSON, false, "", ""},
    {"chatbot", "chatbot", "chatbot", "CHATBOT", "", API_REST_JSON, false, "", ""},
    {"chime", "chime", "chime", "CHIME", "", API_REST_JSON, false, "", ""},
    {"cleanrooms", "cleanrooms", "cleanrooms", "CLEANROOMS", "", API_REST_JSON, false, "", ""},
    {"cloud9", "cloud9", "cloud9", "CLOUD9", "AWSCloud9WorkspaceManagementService", API_JSON, false, "", ""},
    {"clouddirectory", "clouddirectory", "clouddirectory", "CLOUDDIRECTORY", "", API_REST_JSON, false, "",
     ""},
    {"cloudformation", "cloudformation", "cloudformation", "CLOUDFORMATION", "", API_QUERY, false, "", ""},
    {"cloudfront", "cloudfront", "cloudfront", "CLOUDFRONT", "", API_REST_XML, false, "",
     api_routes_cloudfront},
    {"cloudfront-keyvaluestore", "cloudfront-keyvaluestore", "cloudfront-keyvaluestore",
     "CLOUDFRONT_KEYVALUESTORE", "", API_REST_JSON, false, "", ""},
    {"cloudhsm", "cloudhsm", "cloudhsm", "CLOUDHSM", "CloudHsmFrontendService", API_JSON, false, "", ""},
    {"cloudsearch", "cloudsearch", "cloudsearch", "CLOUDSEARCH", "", API_QUERY, false, "", ""},
    {"cloudtrail", "cloudtrail", "cloudtrail", "CLOUDTRAIL",
     "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101", API_JSON, false, "", ""},
    {"cloudtrail-data", "cloudtrail-data", "cloudtrail-data", "CLOUDTRAIL_DATA", "", API_REST_JSON, false, "",
     ""},
    {"codeartifact", "codeartifact", "codeartifact", "CODEARTIFACT", "", API_REST_JSON, false, "", ""},
    {"codebuild", "codebuild", "codebuild", "CODEBUILD", "CodeBuild_20161006", API_JSON, false, "", ""},
    {"codecatalyst", "codecatalyst", "codecatalyst", "CODECATALYST", "", API_REST_JSON, false, "", ""},
    {"codecommit", "codecommit", "codecommit", "CODECOMMIT", "CodeCommit_20150413", API_JSON, false, "", ""},
    {"codeconnections", "codeconnections", "codeconnections", "CODECONNECTIONS",
     "com.amazonaws.codeconnections.CodeConnections_20231201", API_JSON, false, "", ""},
    {"codedeploy", "codedeploy", "codedeploy", "CODEDEPLOY", "CodeDeploy_20141006", API_JSON, false, "", ""},
    {"codeguru-reviewer", "codeguru-reviewer", "codeguru-reviewer", "CODEGURU_REVIEWER", "", API_REST_JSON,
     false, "", ""},
    {"codeguru-security", "codeguru-security", "codeguru-security", "CODEGURU_SECURITY", "", API_REST_JSON,
     false, "", ""},
    {"codepipeline", "codepipeline", "codepipeline", "CODEPIPELINE", "CodePipeline_20150709", API_JSON, false,
     "", ""},
    {"codestar-connections", "codestar-connections", "codestar-connections", "CODESTAR_CONNECTIONS",
     "com.amazonaws.codestar.connections.CodeStar_connections_20191201", API_JSON, false, "", ""},
    {"codestar-notifications", "codestar-notifications", "codestar-notifications", "CODESTAR_NOTIFICATIONS",
     "", API_REST_JSON, false, "", ""},
    {"cognito-identity", "cognito-identity", "cognito-identity", "COGNITO_IDENTITY",
     "AWSCognitoIdentityService", API_JSON, false, "", ""},
    {"cognito-idp", "cognito-idp", "cognito-idp", "COGNITO_IDENTITY_PROVIDER",
     "AWSCognitoIdentityProviderService", API_JSON, false, "", ""},
    {"cognito-sync", "cognito-sync", "cognito-sync", "COGNITO_SYNC", "", API_REST_JSON, false, "", ""},
    {"comprehend", "comprehend", "comprehend", "COMPREHEND", "Comprehend_20171127", API_JSON, false, "", ""},
    {"comprehendmedical", "comprehendmedical", "comprehendmedical", "COMPREHENDMEDICAL",
     "ComprehendMedical_20181030", API_CBOR, false, "", ""},
    {"compute-optimizer", "compute-optimizer", "compute-optimizer", "COMPUTE_OPTIMIZER",
     "ComputeOptimizerService", API_CBOR, false, "", ""},
    {"config", "config", "config", "CONFIG_SERVICE", "StarlingDoveService", API_JSON, false, "", ""},
    {"connect", "connect", "connect", "CONNECT", "", API_REST_JSON, false, "", ""},
    {"controlcatalog", "controlcatalog", "controlcatalog", "CONTROLCATALOG", "", API_REST_JSON, false, "",
     ""},
    {"controltower", "controltower", "controltower", "CONTROLTOWER", "", API_REST_JSON, false, "", ""},
    {"cost-optimization-hub", "cost-optimization-hub", "cost-optimization-hub", "COST_OPTIMIZATION_HUB",
     "CostOptimizationHubService", API_JSON, false, "", ""},
    {"cur", "cur", "cur", "COST_AND_USAGE_REPORT_SERVICE", "AWSOrigamiServiceGatewayService", API_JSON, false,
     "", ""},
    {"databrew", "databrew", "databrew", "DATABREW", "", API_REST_JSON, false, "", ""},
    {"dataexchange", "dataexchange", "dataexchange", "DATAEXCHANGE", "", API_REST_JSON, false, "", ""},
    {"datapipeline", "datapipeline", "datapipeline", "DATA_PIPELINE", "DataPipeline", API_JSON, false, "",
     ""},
    {"datasync", "datasync", "datasync", "DATASYNC", "FmrsService", API_JSON, false, "", ""},
    {"datazone", "datazone", "datazone", "DATAZONE", "", API_REST_JSON, false, "", ""},
    {"dax", "dax", "dax", "DAX", "AmazonDAXV3", API_JSON, false, "", ""},
    {"deadline", "deadline", "deadline", "DEADLINE", "", API_REST_JSON, false, "", ""},
    {"detective", "detective", "api.detective", "DETECTIVE", "", API_REST_JSON, false, "", ""},
    {"devicefarm", "devicefarm", "devicefarm", "DEVICE_FARM", "DeviceFarm_20150623", API_JSON, false, "", ""},
    {"devops-guru", "devops-guru", "devops-guru", "DEVOPS_GURU", "", API_REST_JSON, false, "", ""},
    {"directconnect", "directconnect", "directconnect", "DIRECT_CONNECT", "OvertureService", API_JSON, false,
     "", ""},
    {"discovery", "discovery", "discovery", "APPLICATION_DISCOVERY_SERVICE", "AWSPoseidonService_V2015_11_01",
     API_JSON, false, "", ""},
    {"dlm", "dlm", "dlm", "DLM", "", API_REST_JSON, false, "", ""},
    {"dms", "dms", "dms", "DATABASE_MIGRATION_SERVICE", "AmazonDMSv20160101", API_JSON, false, "", ""},
    {"docdb-elastic", "docdb-elastic", "docdb-elastic", "DOCDB_ELASTIC", "", API_REST_JSON, false, "", ""},
    {"drs", "drs", "drs", "DRS", "", API_REST_JSON, false, "", ""},
    {"ds", "ds", "ds", "DIRECTORY_SERVICE", "DirectoryService_20150416", API_JSON, false, "", ""},
    {"ds-data", "ds-data", "ds-data", "DIRECTORY_SERVICE_DATA", "", API_REST_JSON, false, "", ""},
    {"dsql", "dsql", "dsql", "DSQL", "", API_REST_JSON, false, "", ""},
    {"dynamodb", "dynamodb", "dynamodb", "DYNAMODB", "DynamoDB_20120810", API_JSON, false,
     "BatchExecuteStatement BatchGetItem BatchWriteItem CreateBackup CreateGlobalTable "
     "CreateTable DeleteBackup DeleteItem DeleteResourcePolicy DeleteTable DescribeBackup "
     "DescribeContinuousBackups DescribeContributorInsights DescribeEndpoints DescribeExport "
     "DescribeGlobalTable DescribeGlobalTableSettings DescribeImport "
     "DescribeKinesisStreamingDestination DescribeLimits DescribeTable "
     "DescribeTableReplicaAutoScaling DescribeTimeToLive DisableKinesisStreamingDestination "
     "EnableKinesisStreamingDestination ExecuteStatement ExecuteTransaction "
     "ExportTableToPointInTime GetItem GetResourcePolicy ImportTable ListBackups "
     "ListContributorInsights ListExports ListGlobalTables ListImports ListTables "
     "ListTagsOfResource PutItem PutResourcePolicy Query RestoreTableFromBackup "
     "RestoreTableToPointInTime Scan TagResource TransactGetItems TransactWriteItems "
     "UntagResource UpdateContinuousBackups UpdateContributorInsights UpdateGlobalTable "
     "UpdateGlobalTableSettings UpdateItem UpdateKinesisStreamingDestination UpdateTable "
     "UpdateTableReplicaAutoScaling UpdateTimeToLive ",
     ""},
    {"ebs", "ebs", "ebs", "EBS", "", API_REST_JSON, false, "", ""},
    {"ec2", "ec2", "ec2", "EC2", "", API_EC2, false, "", ""},
    {"ec2-instance-connect", "ec2-instance-connect", "ec2-instance-connect", "EC2_INSTANCE_CONNECT",
     "AWSEC2InstanceConnectService", API_JSON, false, "", ""},
    {"ecr", "ecr", "api.ecr", "ECR", "AmazonEC2ContainerRegistry_V20150921", API_JSON, false,
     "BatchCheckLayerAvailability BatchDeleteImage BatchGetImage "
     "BatchGetRepositoryScanningConfiguration CompleteLayerUpload CreatePullThroughCacheRule "
     "CreateRepository CreateRepositoryCreationTemplate DeleteLifecyclePolicy "
     "DeletePullThroughCacheRule DeleteRegistryPolicy DeleteRepository "
     "DeleteRepositoryCreationTemplate DeleteRepositoryPolicy DeleteSigningConfiguration "
     "DeregisterPullTimeUpdateExclusion DescribeImageReplicationStatus DescribeImageScanFindings "
     "DescribeImageSigningStatus DescribeImages DescribePullThroughCacheRules DescribeRegistry "
     "DescribeRepositories DescribeRepositoryCreationTemplates GetAccountSetting "
     "GetAuthorizationToken GetDownloadUrlForLayer GetLifecyclePolicy GetLifecyclePolicyPreview "
     "GetRegistryPolicy GetRegistryScanningConfiguration GetRepositoryPolicy "
     "GetSigningConfiguration InitiateLayerUpload ListImageReferrers ListImages "
     "ListPullTimeUpdateExclusions ListTagsForResource PutAccountSetting PutImage "
     "PutImageScanningConfiguration PutImageTagMutability PutLifecyclePolicy PutRegistryPolicy "
     "PutRegistryScanningConfiguration PutReplicationConfiguration PutSigningConfiguration "
     "RegisterPullTimeUpdateExclusion SetRepositoryPolicy StartImageScan "
     "StartLifecyclePolicyPreview TagResource UntagResource UpdateImageStorageClass "
     "UpdatePullThroughCacheRule UpdateRepositoryCreationTemplate UploadLayerPart "
     "ValidatePullThroughCacheRule ",
     ""},
    {"ecr-public", "ecr-public", "api.ecr-public", "ECR_PUBLIC", "SpencerFrontendService", API_JSON, false,
     "", ""},
    {"ecs", "ecs", "ecs", "ECS", "AmazonEC2ContainerServiceV20141113", API_JSON, false,
     "ContinueServiceDeployment CreateCapacityProvider CreateCluster CreateDaemon "
     "CreateExpressGatewayService CreateService CreateTaskSet DeleteAccountSetting "
     "DeleteAttributes DeleteCapacityProvider DeleteCluster DeleteDaemon "
     "DeleteDaemonTaskDefinition DeleteExpressGatewayService DeleteService DeleteTaskDefinitions "
     "DeleteTaskSet DeregisterContainerInstance DeregisterTaskDefinition "
     "DescribeCapacityProviders DescribeClusters DescribeContainerInstances DescribeDaemon "
     "DescribeDaemonDeployments DescribeDaemonRevisions DescribeDaemonTaskDefinition "
     "DescribeExpressGatewayService DescribeServiceDeployments DescribeServiceRevisions "
     "DescribeServices DescribeTaskDefinition DescribeTaskSets DescribeTasks "
     "DiscoverPollEndpoint ExecuteCommand GetTaskProtection ListAccountSettings ListAttributes "
     "ListClusters ListContainerInstances ListDaemonDeployments ListDaemonTaskDefinitions "
     "ListDaemons ListServiceDeployments ListServices ListServicesByNamespace "
     "ListTagsForResource ListTaskDefinitionFamilies ListTaskDefinitions ListTasks "
     "PutAccountSetting PutAccountSettingDefault PutAttributes PutClusterCapacityProviders "
     "RegisterContainerInstance RegisterDaemonTaskDefinition RegisterTaskDefinition RunTask "
     "StartTask StopServiceDeployment StopTask SubmitAttachmentStateChanges "
     "SubmitContainerStateChange SubmitTaskStateChange TagResource UntagResource "
     "UpdateCapacityProvider UpdateCluster UpdateClusterSettings UpdateContainerAgent "
     "UpdateContainerInstancesState UpdateDaemon UpdateExpressGatewayService UpdateService "
     "UpdateServicePrimaryTaskSet UpdateTaskProtection UpdateTaskSet ",
     ""},
    {"eks", "eks", "eks", "EKS", "", API_REST_JSON, false, "", api_routes_eks},
    {"eks-auth", "eks-auth", "eks-auth", "EKS_AUTH", "", API_REST_JSON, false, "", ""},
    {"elasticache", "elasticache", "elasticache", "ELASTICACHE", "", API_QUERY, false, "", ""},
    {"elasticbeanstalk", "elasticbeanstalk", "elasticbeanstalk", "ELASTIC_BEANSTALK", "", API_QUERY, false,
     "", ""},
    {"emr-containers", "emr-containers", "emr-containers", "EMR_CONTAINERS", "", API_REST_JSON, false, "",
     ""},
    {"emr-serverless", "emr-serverless", "emr-serverless", "EMR_SERVERLESS", "", API_REST_JSON, false, "",
     ""},
    {"entityresolution", "entityresolution", "entityresolution", "ENTITYRESOLUTION", "", API_REST_JSON, false,
     "", ""},
    {"es", "es", "es", "ELASTICSEARCH_SERVICE", "", API_REST_JSON, false, "", api_routes_es},
    {"events", "events", "events", "EVENTBRIDGE", "AWSEvents", API_JSON, false,
     "ActivateEventSource CancelReplay CreateApiDestination CreateArchive CreateConnection "
     "CreateEndpoint CreateEventBus CreatePartnerEventSource DeactivateEventSource "
     "DeauthorizeConnection DeleteApiDestination DeleteArchive DeleteConnection DeleteEndpoint "
     "DeleteEventBus DeletePartnerEventSource DeleteRule DescribeApiDestination DescribeArchive "
     "DescribeConnection DescribeEndpoint DescribeEventBus DescribeEventSource "
     "DescribePartnerEventSource DescribeReplay DescribeRule DisableRule EnableRule "
     "ListApiDestinations ListArchives ListConnections ListEndpoints ListEventBuses "
     "ListEventSources ListPartnerEventSourceAccounts ListPartnerEventSources ListReplays "
     "ListRuleNamesByTarget ListRules ListTagsForResource ListTargetsByRule PutEvents "
     "PutPartnerEvents PutPermission PutRule PutTargets RemovePermission RemoveTargets "
     "StartReplay TagResource TestEventPattern UntagResource UpdateApiDestination UpdateArchive "
     "UpdateConnection UpdateEndpoint UpdateEventBus ",
     ""},
    {"evs", "evs", "evs", "EVS", "AmazonElasticVMwareService", API_JSON, false, "", ""},
    {"finspace", "finspace", "finspace", "FINSPACE", "", API_REST_JSON, false, "", ""},
    {"firehose", "firehose", "firehose", "FIREHOSE", "Firehose_20150804", API_JSON, false,
     "CreateDeliveryStream DeleteDeliveryStream DescribeDeliveryStream ListDeliveryStreams "
     "ListTagsForDeliveryStream PutRecord PutRecordBatch StartDeliveryStreamEncryption "
     "StopDeliveryStreamEncryption TagDeliveryStream UntagDeliveryStream UpdateDestination ",
     ""},
    {"fis", "fis", "fis", "FIS", "", API_REST_JSON, false, "", api_routes_fis},
    {"fms", "fms", "fms", "FMS", "AWSFMS_20180101", API_JSON, false, "", ""},
    {"forecast", "forecast", "forecast", "FORECAST", "AmazonForecast", API_JSON, false, "", ""},
    {"frauddetector", "frauddetector", "frauddetector", "FRAUDDETECTOR", "AWSHawksNestServiceFacade",
     API_JSON, false, "", ""},
    {"freetier", "freetier", "freetier", "FREETIER", "AWSFreeTierService", API_JSON, false, "", ""},
    {"fsx", "fsx", "fsx", "FSX", "AWSSimbaAPIService_v20180301", API_JSON, false, "", ""},
    {"gamelift", "gamelift", "gamelift", "GAMELIFT", "GameLift", API_CBOR, false, "", ""},
    {"gameliftstreams", "gameliftstreams", "gameliftstreams", "GAMELIFTSTREAMS", "", API_REST_JSON, false, "",
     ""},
    {"geo-maps", "geo-maps", "geo-maps", "GEO_MAPS", "", API_REST_JSON, false, "", ""},
    {"geo-places", "geo-places", "geo-places", "GEO_PLACES", "", API_REST_JSON, false, "", ""},
    {"geo-routes", "geo-routes", "geo-routes", "GEO_ROUTES", "", API_REST_JSON, false, "", ""},
    {"glacier", "glacier", "glacier", "GLACIER", "", API_REST_JSON, false, "", ""},
    {"globalaccelerator", "globalaccelerator", "globalaccelerator", "GLOBAL_ACCELERATOR",
     "GlobalAccelerator_V20180706", API_JSON, false, "", ""},
    {"glue", "glue", "glue", "GLUE", "AWSGlue", API_JSON, false, "", ""},
    {"grafana", "grafana", "grafana", "GRAFANA", "", API_REST_JSON, false, "", ""},
    {"greengrass", "greengrass", "greengrass", "GREENGRASS", "", API_REST_JSON, false, "", ""},
    {"groundstation", "groundstation", "groundstation", "GROUNDSTATION", "", API_REST_JSON, false, "", ""},
    {"guardduty", "guardduty", "guardduty", "GUARDDUTY", "", API_REST_JSON, false, "", ""},
    {"health", "health", "health", "HEALTH", "AWSHealth_20160804", API_JSON, false, "", ""},
    {"healthlake", "healthlake", "healthlake", "HEALTHLAKE", "HealthLake", API_JSON, false, "", ""},
    {"iam", "iam", "iam", "IAM", "", API_QUERY, false,
     "AcceptDelegationRequest AddClientIDToOpenIDConnectProvider AddRoleToInstanceProfile "
     "AddUserToGroup AssociateDelegationRequest AttachGroupPolicy AttachRolePolicy "
     "AttachUserPolicy ChangePassword CreateAccessKey CreateAccountAlias CreateDelegationRequest "
     "CreateGroup CreateInstanceProfile CreateLoginProfile CreateOpenIDConnectProvider "
     "CreatePolicy CreatePolicyVersion CreateRole CreateSAMLProvider CreateServiceLinkedRole "
     "CreateServiceSpecificCredential CreateUser CreateVirtualMFADevice DeactivateMFADevice "
     "DeleteAccessKey DeleteAccountAlias DeleteAccountPasswordPolicy DeleteGroup "
     "DeleteGroupPolicy DeleteInstanceProfile DeleteLoginProfile DeleteOpenIDConnectProvider "
     "DeletePolicy DeletePolicyVersion DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy "
     "DeleteSAMLProvider DeleteSSHPublicKey DeleteServerCertificate DeleteServiceLinkedRole "
     "DeleteServiceSpecificCredential DeleteSigningCertificate DeleteUser "
     "DeleteUserPermissionsBoundary DeleteUserPolicy DeleteVirtualMFADevice DetachGroupPolicy "
     "DetachRolePolicy DetachUserPolicy DisableOrganizationsRootCredentialsManagement "
     "DisableOrganizationsRootSessions DisableOutboundWebIdentityFederation EnableMFADevice "
     "EnableOrganizationsRootCredentialsManagement EnableOrganizationsRootSessions "
     "EnableOutboundWebIdentityFederation GenerateCredentialReport "
     "GenerateOrganizationsAccessReport GenerateServiceLastAccessedDetails GetAccessKeyLastUsed "
     "GetAccountAuthorizationDetails GetAccountPasswordPolicy GetAccountSummary "
     "GetContextKeysForCustomPolicy GetContextKeysForPrincipalPolicy GetCredentialReport "
     "GetDelegationRequest GetGroup GetGroupPolicy GetHumanReadableSummary GetInstanceProfile "
     "GetLoginProfile GetMFADevice GetOpenIDConnectProvider GetOrganizationsAccessReport "
     "GetOutboundWebIdentityFederationInfo GetPolicy GetPolicyVersion GetRole GetRolePolicy "
     "GetSAMLProvider GetSSHPublicKey GetServerCertificate GetServiceLastAccessedDetails "
     "GetServiceLastAccessedDetailsWithEntities GetServiceLinkedRoleDeletionStatus GetUser "
     "GetUserPolicy ListAccessKeys ListAccountAliases ListAttachedGroupPolicies "
     "ListAttachedRolePolicies ListAttachedUserPolicies ListDelegationRequests "
     "ListEntitiesForPolicy ListGroupPolicies ListGroups ListGroupsForUser "
     "ListInstanceProfileTags ListInstanceProfiles ListInstanceProfilesForRole ListMFADeviceTags "
     "ListMFADevices ListOpenIDConnectProviderTags ListOpenIDConnectProviders "
     "ListOrganizationsFeatures ListPolicies ListPoliciesGrantingServiceAccess ListPolicyTags "
     "ListPolicyVersions ListRolePolicies ListRoleTags ListRoles ListSAMLProviderTags "
     "ListSAMLProviders ListSSHPublicKeys ListServerCertificateTags ListServerCertificates "
     "ListServiceSpecificCredentials ListSigningCertificates ListUserPolicies ListUserTags "
     "ListUsers ListVirtualMFADevices PutGroupPolicy PutRolePermissionsBoundary PutRolePolicy "
     "PutUserPermissionsBoundary PutUserPolicy RejectDelegationRequest "
     "RemoveClientIDFromOpenIDConnectProvider RemoveRoleFromInstanceProfile RemoveUserFromGroup "
     "ResetServiceSpecificCredential ResyncMFADevice SendDelegationToken SetDefaultPolicyVersion "
     "SetSecurityTokenServicePreferences SimulateCustomPolicy SimulatePrincipalPolicy "
     "TagInstanceProfile TagMFADevice TagOpenIDConnectProvider TagPolicy TagRole TagSAMLProvider "
     "TagServerCertificate TagUser UntagInstanceProfile UntagMFADevice "
     "UntagOpenIDConnectProvider UntagPolicy UntagRole UntagSAMLProvider UntagServerCertificate "
     "UntagUser UpdateAccessKey UpdateAccountPasswordPolicy UpdateAssumeRolePolicy "
     "UpdateDelegationRequest UpdateGroup UpdateLoginProfile "
     "UpdateOpenIDConnectProviderThumbprint UpdateRole UpdateRoleDescription UpdateSAMLProvider "
     "UpdateSSHPublicKey UpdateServerCertificate UpdateServiceSpecificCredential "
     "UpdateSigningCertificate UpdateUser UploadSSHPublicKey UploadServerCertificate "
     "UploadSigningCertificate ",
     ""},
    {"identitystore", "identitystore", "identitystore", "IDENTITYSTORE", "AWSIdentityStore", API_JSON, false,
     "", ""},
    {"imagebuilder", "imagebuilder", "imagebuilder", "IMAGEBUILDER", "", API_REST_JSON, false, "", ""},
    {"importexport", "importexport", "importexport", "IMPORTEXPORT", "", API_QUERY, false, "", ""},
    {"inspector", "inspector", "inspector", "INSPECTOR", "InspectorService", API_JSON, false, "", ""},
    {"inspector-scan", "inspector-scan", "inspector-scan", "INSPECTOR_SCAN", "", API_REST_JSON, false, "",
     ""},
    {"inspector2", "inspector2", "inspector2", "INSPECTOR2", "", API_REST_JSON, false, "", ""},
    {"interconnect", "interconnect", "interconnect", "INTERCONNECT", "Interconnect", API_CBOR, false, "", ""},
    {"internetmonitor", "internetmonitor", "internetmonitor", "INTERNETMONITOR", "", API_REST_JSON, false, "",
     ""},
    {"invoicing", "invoicing", "invoicing", "INVOICING", "Invoicing", API_JSON, false, "", ""},
    {"iot", "iot", "iot", "IOT", "", API_REST_JSON, false, "", ""},
    {"iot-jobs-data", "iot-jobs-data", "data.jobs.iot", "IOT_JOBS_DATA_PLANE", "", API_REST_JSON, false, "",
     ""},
    {"iotdeviceadvisor", "iotdeviceadvisor", "api.iotdeviceadvisor", "IOTDEVICEADVISOR", "", API_REST_JSON,
     false, "", ""},
    {"iotevents", "iotevents", "iotevents", "IOT_EVENTS", "", API_REST_JSON, false, "", ""},
    {"iotfleetwise", "iotfleetwise", "iotfleetwise", "IOTFLEETWISE", "IoTAutobahnControlPlane", API_JSON,
     false, "", ""},
    {"iotsitewise", "iotsitewise", "iotsitewise", "IOTSITEWISE", "", API_REST_JSON, false, "", ""},
    {"iotthingsgraph", "iotthingsgraph", "iotthingsgraph", "IOTTHINGSGRAPH", "IotThingsGraphFrontEndService",
     API_JSON, false, "", ""},
    {"iottwinmaker", "iottwinmaker", "iottwinmaker", "IOTTWINMAKER", "", API_REST_JSON, false, "", ""},
    {"iotwireless", "iotwireless", "api.iotwireless", "IOT_WIRELESS", "", API_REST_JSON, false, "", ""},
    {"ivs", "ivs", "ivs", "IVS", "", API_REST_JSON, false, "", ""},
    {"ivschat", "ivschat", "ivschat", "IVSCHAT", "", API_REST_JSON, false, "", ""},
    {"kafka", "kafka", "kafka", "KAFKA", "", API_REST_JSON, false, "", ""},
    {"kafkaconnect", "kafkaconnect", "kafkaconnect", "KAFKACONNECT", "", API_REST_JSON, false, "", ""},
    {"kendra", "kendra", "kendra", "KENDRA", "AWSKendraFrontendService", API_JSON, false, "", ""},
    {"kendra-ranking", "kendra-ranking", "kendra-ranking", "KENDRA_RANKING",
     "AWSKendraRerankingFrontendService", API_JSON, false, "", ""},
    {"kinesis", "kinesis", "kinesis", "KINESIS", "Kinesis_20131202", API_JSON, false,
     "AddTagsToStream CreateStream DecreaseStreamRetentionPeriod DeleteResourcePolicy "
     "DeleteStream DeregisterStreamConsumer DescribeAccountSettings DescribeLimits "
     "DescribeStream DescribeStreamConsumer DescribeStreamSummary DisableEnhancedMonitoring "
     "EnableEnhancedMonitoring GetRecords GetResourcePolicy GetShardIterator "
     "IncreaseStreamRetentionPeriod ListShards ListStreamConsumers ListStreams "
     "ListTagsForResource ListTagsForStream MergeShards PutRecord PutRecords PutResourcePolicy "
     "RegisterStreamConsumer RemoveTagsFromStream SplitShard StartStreamEncryption "
     "StopStreamEncryption SubscribeToShard TagResource UntagResource UpdateAccountSettings "
     "UpdateMaxRecordSize UpdateShardCount UpdateStreamMode UpdateStreamWarmThroughput ",
     ""},
    {"kinesisanalytics", "kinesisanalytics", "kinesisanalytics", "KINESIS_ANALYTICS",
     "KinesisAnalytics_20150814", API_JSON, false, "", ""},
    {"kinesisvideo", "kinesisvideo", "kinesisvideo", "KINESIS_VIDEO", "", API_REST_JSON, false, "", ""},
    {"kms", "kms", "kms", "KMS", "TrentService", API_JSON, false,
     "CancelKeyDeletion ConnectCustomKeyStore CreateAlias CreateCustomKeyStore CreateGrant "
     "CreateKey Decrypt DeleteAlias DeleteCustomKeyStore DeleteImportedKeyMaterial "
     "DeriveSharedSecret DescribeCustomKeyStores DescribeKey DisableKey DisableKeyRotation "
     "DisconnectCustomKeyStore EnableKey EnableKeyRotation Encrypt GenerateDataKey "
     "GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext "
     "GenerateMac GenerateRandom GetKeyLastUsage GetKeyPolicy GetKeyRotationStatus "
     "GetParametersForImport GetPublicKey ImportKeyMaterial ListAliases ListGrants "
     "ListKeyPolicies ListKeyRotations ListKeys ListResourceTags ListRetirableGrants "
     "PutKeyPolicy ReEncrypt ReplicateKey RetireGrant RevokeGrant RotateKeyOnDemand "
     "ScheduleKeyDeletion Sign TagResource UntagResource UpdateAlias UpdateCustomKeyStore "
     "UpdateKeyDescription UpdatePrimaryRegion Verify VerifyMac ",
     ""},
    {"lakeformation", "lakeformation", "lakeformation", "LAKEFORMATION", "", API_REST_JSON, false, "", ""},
    {"lambda", "lambda", "lambda", "LAMBDA", "", API_REST_JSON, false, "", api_routes_lambda},
    {"license-manager", "license-manager", "license-manager", "LICENSE_MANAGER", "AWSLicenseManager",
     API_JSON, false, "", ""},
    {"license-manager-linux-subscriptions", "license-manager-linux-subscriptions",
     "license-manager-linux-subscriptions", "LICENSE_MANAGER_LINUX_SUBSCRIPTIONS", "", API_REST_JSON, false,
     "", ""},
    {"license-manager-user-subscriptions", "license-manager-user-subscriptions",
     "license-manager-user-subscriptions", "LICENSE_MANAGER_USER_SUBSCRIPTIONS", "", API_REST_JSON, false, "",
     ""},
    {"lightsail", "lightsail", "lightsail", "LIGHTSAIL", "Lightsail_20161128", API_JSON, false, "", ""},
    {"logs", "logs", "logs", "CLOUDWATCH_LOGS", "Logs_20140328", API_JSON, false,
     "AssociateKmsKey AssociateSourceToS3TableIntegration CancelExportTask CancelImportTask "
     "CreateDelivery CreateExportTask CreateImportTask CreateLogAnomalyDetector CreateLogGroup "
     "CreateLogStream CreateLookupTable CreateScheduledQuery DeleteAccountPolicy "
     "DeleteDataProtectionPolicy DeleteDelivery DeleteDeliveryDestination "
     "DeleteDeliveryDestinationPolicy DeleteDeliverySource DeleteDestination DeleteIndexPolicy "
     "DeleteIntegration DeleteLogAnomalyDetector DeleteLogGroup DeleteLogStream "
     "DeleteLookupTable DeleteMetricFilter DeleteQueryDefinition DeleteResourcePolicy "
     "DeleteRetentionPolicy DeleteScheduledQuery DeleteSubscriptionFilter DeleteTransformer "
     "DescribeAccountPolicies DescribeConfigurationTemplates DescribeDeliveries "
     "DescribeDeliveryDestinations DescribeDeliverySources DescribeDestinations "
     "DescribeExportTasks DescribeFieldIndexes DescribeImportTaskBatches DescribeImportTasks "
     "DescribeIndexPolicies DescribeLogGroups DescribeLogStreams DescribeLookupTables "
     "DescribeMetricFilters DescribeQueries DescribeQueryDefinitions DescribeResourcePolicies "
     "DescribeSubscriptionFilters DisassociateKmsKey DisassociateSourceFromS3TableIntegration "
     "FilterLogEvents GetDataProtectionPolicy GetDelivery GetDeliveryDestination "
     "GetDeliveryDestinationPolicy GetDeliverySource GetIntegration GetLogAnomalyDetector "
     "GetLogEvents GetLogFields GetLogGroupFields GetLogObject GetLogRecord GetLookupTable "
     "GetQueryResults GetScheduledQuery GetScheduledQueryHistory GetTransformer "
     "ListAggregateLogGroupSummaries ListAnomalies ListIntegrations ListLogAnomalyDetectors "
     "ListLogGroups ListLogGroupsForQuery ListScheduledQueries ListSourcesForS3TableIntegration "
     "ListTagsForResource ListTagsLogGroup PutAccountPolicy PutBearerTokenAuthentication "
     "PutDataProtectionPolicy PutDeliveryDestination PutDeliveryDestinationPolicy "
     "PutDeliverySource PutDestination PutDestinationPolicy PutIndexPolicy PutIntegration "
     "PutLogEvents PutLogGroupDeletionProtection PutMetricFilter PutQueryDefinition "
     "PutResourcePolicy PutRetentionPolicy PutSubscriptionFilter PutTransformer StartLiveTail "
     "StartQuery StopQuery TagLogGroup TagResource TestMetricFilter TestTransformer "
     "UntagLogGroup UntagResource UpdateAnomaly UpdateDeliveryConfiguration "
     "UpdateLogAnomalyDetector UpdateLookupTable UpdateScheduledQuery ",
     ""},
    {"lookoutequipment", "lookoutequipment", "lookoutequipment", "LOOKOUTEQUIPMENT",
     "AWSLookoutEquipmentFrontendService", API_JSON, false, "", ""},
    {"m2", "m2", "m2", "M2", "", API_REST_JSON, false, "", ""},
    {"machinelearning", "machinelearning", "machinelearning", "MACHINE_LEARNING", "AmazonML_20141212",
     API_JSON, false, "", ""},
    {"macie2", "macie2", "macie2", "MACIE2", "", API_REST_JSON, false, "", ""},
    {"managedblockchain", "managedblockchain", "managedblockchain", "MANAGEDBLOCKCHAIN", "", API_REST_JSON,
     false, "", ""},
    {"managedblockchain-query", "managedblockchain-query", "managedblockchain-query",
     "MANAGEDBLOCKCHAIN_QUERY", "", API_REST_JSON, false, "", ""},
    {"marketplacecommerceanalytics", "marketplacecommerceanalytics", "marketplacecommerceanalytics",
     "MARKETPLACE_COMMERCE_ANALYTICS", "MarketplaceCommerceAnalytics20150701", API_JSON, false, "", ""},
    {"mediaconnect", "mediaconnect", "mediaconnect", "MEDIACONNECT", "", API_REST_JSON, false, "", ""},
    {"mediaconvert", "mediaconvert", "mediaconvert", "MEDIACONVERT", "", API_REST_JSON, false, "", ""},
    {"medialive", "medialive", "medialive", "MEDIALIVE", "", API_REST_JSON, false, "", ""},
    {"mediapackage", "mediapackage", "mediapackage", "MEDIAPACKAGE", "", API_REST_JSON, false, "", ""},
    {"mediapackage-vod", "mediapackage-vod", "mediapackage-vod", "MEDIAPACKAGE_VOD", "", API_REST_JSON, false,
     "", ""},
    {"mediapackagev2", "mediapackagev2", "mediapackagev2", "MEDIAPACKAGEV2", "", API_REST_JSON, false, "",
     ""},
    {"mediastore", "mediastore", "mediastore", "MEDIASTORE", "MediaStore_20170901", API_JSON, false, "", ""},
    {"mediatailor", "mediatailor", "api.mediatailor", "MEDIATAILOR", "", API_REST_JSON, false, "", ""},
    {"medical-imaging", "medical-imaging", "medical-imaging", "MEDICAL_IMAGING", "", API_REST_JSON, false, "",
     ""},
    {"memorydb", "memorydb", "memory-db", "MEMORYDB", "AmazonMemoryDB", API_JSON, false, "", ""},
    {"mgh", "mgh", "mgh", "MIGRATION_HUB", "AWSMigrationHub", API_JSON, false, "", ""},
    {"mgn", "mgn", "mgn", "MGN", "", API_REST_JSON, false, "", ""},
    {"mpa", "mpa", "mpa", "MPA", "", API_REST_JSON, false, "", ""},
    {"mq", "mq", "mq", "MQ", "", API_REST_JSON, false, "", ""},
    {"neptune-graph", "neptune-graph", "neptune-graph", "NEPTUNE_GRAPH", "", API_REST_JSON, false, "", ""},
    {"network-firewall", "network-firewall", "network-firewall", "NETWORK_FIREWALL",
     "NetworkFirewall_20201112", API_JSON, false, "", ""},
    {"networkflowmonitor", "networkflowmonitor", "networkflowmonitor", "NETWORKFLOWMONITOR", "",
     API_REST_JSON, false, "", ""},
    {"networkmanager", "networkmanager", "networkmanager", "NETWORKMANAGER", "", API_REST_JSON, false, "",
     ""},
    {"networkmonitor", "networkmonitor", "networkmonitor", "NETWORKMONITOR", "", API_REST_JSON, false, "",
     ""},
    {"notifications", "notifications", "notifications", "NOTIFICATIONS", "", API_REST_JSON, false, "", ""},
    {"nova-act", "nova-act", "nova-act", "NOVA_ACT", "", API_REST_JSON, false, "", ""},
    {"oam", "oam", "oam", "OAM", "", API_REST_JSON, false, "", ""},
    {"observabilityadmin", "observabilityadmin", "observabilityadmin", "OBSERVABILITYADMIN", "",
     API_REST_JSON, false, "", ""},
    {"odb", "odb", "odb", "ODB", "Odb", API_JSON, false, "", ""},
    {"omics", "omics", "omics", "OMICS", "", API_REST_JSON, false, "", ""},
    {"organizations", "organizations", "organizations", "ORGANIZATIONS", "AWSOrganizationsV20161128",
     API_JSON, false, "", ""},
    {"osis", "osis", "osis", "OSIS", "", API_REST_JSON, false, "", ""},
    {"outposts", "outposts", "outposts", "OUTPOSTS", "", API_REST_JSON, false, "", ""},
    {"panorama", "panorama", "panorama", "PANORAMA", "", API_REST_JSON, false, "", ""},
    {"partnercentral-account", "partnercentral-account", "partnercentral-account", "PARTNERCENTRAL_ACCOUNT",
     "PartnerCentralAccount", API_JSON, false, "", ""},
    {"partnercentral-benefits", "partnercentral-benefits", "partnercentral-benefits",
     "PARTNERCENTRAL_BENEFITS", "PartnerCentralBenefitsService", API_JSON, false, "", ""},
    {"partnercentral-channel", "partnercentral-channel", "partnercentral-channel", "PARTNERCENTRAL_CHANNEL",
     "PartnerCentralChannel", API_JSON, false, "", ""},
    {"partnercentral-selling", "partnercentral-selling", "partnercentral-selling", "PARTNERCENTRAL_SELLING",
     "AWSPartnerCentralSelling", API_JSON, false, "", ""},
    {"payment-cryptography", "payment-cryptography", "controlplane.payment-cryptography",
     "PAYMENT_CRYPTOGRAPHY", "PaymentCryptographyControlPlane", API_JSON, false, "", ""},
    {"pca-connector-ad", "pca-connector-ad", "pca-connector-ad", "PCA_CONNECTOR_AD", "", API_REST_JSON, false,
     "", ""},
    {"pca-connector-scep", "pca-connector-scep", "pca-connector-scep", "PCA_CONNECTOR_SCEP", "",
     API_REST_JSON, false, "", ""},
    {"pcs", "pcs", "pcs", "PCS", "AWSParallelComputingService", API_JSON, false, "", ""},
    {"personalize", "personalize", "personalize", "PERSONALIZE", "AmazonPersonalize", API_JSON, false, "",
     ""},
    {"pi", "pi", "pi", "PI", "PerformanceInsightsv20180227", API_JSON, false, "", ""},
    {"pipes", "pipes", "pipes", "PIPES", "", API_REST_JSON, false, "", ""},
    {"polly", "polly", "polly", "POLLY", "", API_REST_JSON, false, "", ""},
    {"pricing", "pricing", "api.pricing", "PRICING", "AWSPriceListService", API_JSON, false, "", ""},
    {"proton", "proton", "proton", "PROTON", "AwsProton20200720", API_JSON, false, "", ""},
    {"qapps", "qapps", "data.qapps", "QAPPS", "", API_REST_JSON, false, "", ""},
    {"qbusiness", "qbusiness", "qbusiness", "QBUSINESS", "", API_REST_JSON, false, "", ""},
    {"quicksight", "quicksight", "quicksight", "QUICKSIGHT", "", API_REST_JSON, false, "", ""},
    {"ram", "ram", "ram", "RAM", "", API_REST_JSON, false, "", ""},
    {"rbin", "rbin", "rbin", "RBIN", "", API_REST_JSON, false, "", ""},
    {"rds", "rds", "rds", "RDS", "", API_QUERY, false, "", ""},
    {"rds-data", "rds-data", "rds-data", "RDS_DATA", "", API_REST_JSON, false, "", ""},
    {"redshift", "redshift", "redshift", "REDSHIFT", "", API_QUERY, false, "", ""},
    {"redshift-data", "redshift-data", "redshift-data", "REDSHIFT_DATA", "RedshiftData", API_JSON, false, "",
     ""},
    {"redshift-serverless", "redshift-serverless", "redshift-serverless", "REDSHIFT_SERVERLESS",
     "RedshiftServerless", API_JSON, false, "", ""},
    {"rekognition", "rekognition", "rekognition", "REKOGNITION", "RekognitionService", API_JSON, false, "",
     ""},
    {"repostspace", "repostspace", "repostspace", "REPOSTSPACE", "", API_REST_JSON, false, "", ""},
    {"resiliencehub", "resiliencehub", "resiliencehub", "RESILIENCEHUB", "", API_REST_JSON, false, "", ""},
    {"resource-explorer-2", "resource-explorer-2", "resource-explorer-2", "RESOURCE_EXPLORER_2", "",
     API_REST_JSON, false, "", ""},
    {"resource-groups", "resource-groups", "resource-groups", "RESOURCE_GROUPS", "", API_REST_JSON, false, "",
     ""},
    {"rolesanywhere", "rolesanywhere", "rolesanywhere", "ROLESANYWHERE", "", API_REST_JSON, false, "", ""},
    {"route53", "route53", "route53", "ROUTE_53", "", API_REST_XML, false, "", api_routes_route53},
    {"route53-recovery-cluster", "route53-recovery-cluster", "route53-recovery-cluster",
     "ROUTE53_RECOVERY_CLUSTER", "ToggleCustomerAPI", API_JSON, false, "", ""},
    {"route53-recovery-control-config", "route53-recovery-control-config", "route53-recovery-control-config",
     "ROUTE53_RECOVERY_CONTROL_CONFIG", "", API_REST_JSON, false, "", ""},
    {"route53-recovery-readiness", "route53-recovery-readiness", "route53-recovery-readiness",
     "ROUTE53_RECOVERY_READINESS", "", API_REST_JSON, false, "", ""},
    {"route53domains", "route53domains", "route53domains", "ROUTE_53_DOMAINS", "Route53Domains_v20140515",
     API_JSON, false, "", ""},
    {"route53globalresolver", "route53globalresolver", "route53globalresolver", "ROUTE53GLOBALRESOLVER", "",
     API_REST_JSON, false, "", ""},
    {"route53profiles", "route53profiles", "route53profiles", "ROUTE53PROFILES", "", API_REST_JSON, false, "",
     ""},
    {"route53resolver", "route53resolver", "route53resolver", "ROUTE53RESOLVER", "Route53Resolver", API_JSON,
     false, "", ""},
    {"rtbfabric", "rtbfabric", "rtbfabric", "RTBFABRIC", "", API_REST_JSON, false, "", ""},
    {"rum", "rum", "rum", "RUM", "", API_REST_JSON, false, "", ""},
    {"s3", "s3", "s3", "S3", "", API_REST_XML, false, "", api_routes_s3},
    {"s3files", "s3files", "s3files", "S3FILES", "", API_REST_JSON, false, "", ""},
    {"s3tables", "s3tables", "s3tables", "S3TABLES", "", API_REST_JSON, false, "", ""},
    {"s3vectors", "s3vectors", "s3vectors", "S3VECTORS", "", API_REST_JSON, false, "", ""},
    {"sagemaker", "sagemaker", "api.sagemaker", "SAGEMAKER", "SageMaker", API_JSON, false, "", ""},
    {"sagemaker-geospatial", "sagemaker-geospatial", "sagemaker-geospatial", "SAGEMAKER_GEOSPATIAL", "",
     API_REST_JSON, false, "", ""},
    {"savingsplans", "savingsplans", "savingsplans", "SAVINGSPLANS", "", API_REST_JSON, false, "", ""},
    {"scheduler", "scheduler", "scheduler", "SCHEDULER", "", API_REST_JSON, false, "", api_routes_scheduler},
    {"schemas", "schemas", "schemas", "SCHEMAS", "", API_REST_JSON, false, "", ""},
    {"sdb", "sdb", "sdb", "SIMPLEDB", "", API_QUERY, false, "", ""},
    {"secretsmanager", "secretsmanager", "secretsmanager", "SECRETS_MANAGER", "secretsmanager", API_JSON,
     false,
     "BatchGetSecretValue CancelRotateSecret CreateSecret DeleteResourcePolicy DeleteSecret "
     "DescribeSecret GetRandomPassword GetResourcePolicy GetSecretValue ListSecretVersionIds "
     "ListSecrets PutResourcePolicy PutSecretValue RemoveRegionsFromReplication "
     "ReplicateSecretToRegions RestoreSecret RotateSecret StopReplicationToReplica TagResource "
     "UntagResource UpdateSecret UpdateSecretVersionStage ValidateResourcePolicy ",
     ""},
    {"security-ir", "security-ir", "security-ir", "SECURITY_IR", "", API_REST_JSON, false, "", ""},
    {"securityagent", "securityagent", "securityagent", "SECURITYAGENT", "", API_REST_JSON, false, "", ""},
    {"securityhub", "securityhub", "securityhub", "SECURITYHUB", "", API_REST_JSON, false, "", ""},
    {"securitylake", "securitylake", "securitylake", "SECURITYLAKE", "", API_REST_JSON, false, "", ""},
    {"serverlessrepo", "serverlessrepo", "serverlessrepo", "SERVERLESSAPPLICATIONREPOSITORY", "",
     API_REST_JSON, false, "", ""},
    {"servicecatalog", "servicecatalog", "servicecatalog", "SERVICE_CATALOG", "AWS242ServiceCatalogService",
     API_JSON, false, "", ""},
    {"servicediscovery", "servicediscovery", "servicediscovery", "SERVICEDISCOVERY",
     "Route53AutoNaming_v20170314", API_JSON, false, "", ""},
    {"ses", "ses", "email", "SES", "", API_QUERY, false, "", ""},
    {"shield", "shield", "shield", "SHIELD", "AWSShield_20160616", API_JSON, false, "", ""},
    {"signer", "signer", "signer", "SIGNER", "", API_REST_JSON, false, "", ""},
    {"signin", "signin", "signin", "SIGNIN", "", API_REST_JSON, false, "", ""},
    {"simspaceweaver", "simspaceweaver", "simspaceweaver", "SIMSPACEWEAVER", "", API_REST_JSON, false, "",
     ""},
    {"sms-voice", "sms-voice", "sms-voice.pinpoint", "PINPOINT_SMS_VOICE", "", API_REST_JSON, false, "", ""},
    {"snow-device-management", "snow-device-management", "snow-device-management", "SNOW_DEVICE_MANAGEMENT",
     "", API_REST_JSON, false, "", ""},
    {"snowball", "snowball", "snowball", "SNOWBALL", "AWSIESnowballJobManagementService", API_CBOR, false, "",
     ""},
    {"sns", "sns", "sns", "SNS", "", API_QUERY, false,
     "AddPermission CheckIfPhoneNumberIsOptedOut ConfirmSubscription CreatePlatformApplication "
     "CreatePlatformEndpoint CreateSMSSandboxPhoneNumber CreateTopic DeleteEndpoint "
     "DeletePlatformApplication DeleteSMSSandboxPhoneNumber DeleteTopic GetDataProtectionPolicy "
     "GetEndpointAttributes GetPlatformApplicationAttributes GetSMSAttributes "
     "GetSMSSandboxAccountStatus GetSubscriptionAttributes GetTopicAttributes "
     "ListEndpointsByPlatformApplication ListOriginationNumbers ListPhoneNumbersOptedOut "
     "ListPlatformApplications ListSMSSandboxPhoneNumbers ListSubscriptions "
     "ListSubscriptionsByTopic ListTagsForResource ListTopics OptInPhoneNumber Publish "
     "PublishBatch PutDataProtectionPolicy RemovePermission SetEndpointAttributes "
     "SetPlatformApplicationAttributes SetSMSAttributes SetSubscriptionAttributes "
     "SetTopicAttributes Subscribe TagResource Unsubscribe UntagResource "
     "VerifySMSSandboxPhoneNumber ",
     ""},
    {"sqs", "sqs", "sqs", "SQS", "AmazonSQS", API_JSON, true,
     "AddPermission CancelMessageMoveTask ChangeMessageVisibility ChangeMessageVisibilityBatch "
     "CreateQueue DeleteMessage DeleteMessageBatch DeleteQueue GetQueueAttributes GetQueueUrl "
     "ListDeadLetterSourceQueues ListMessageMoveTasks ListQueueTags ListQueues PurgeQueue "
     "ReceiveMessage RemovePermission SendMessage SendMessageBatch SetQueueAttributes "
     "StartMessageMoveTask TagQueue UntagQueue ",
     ""},
    {"ssm", "ssm", "ssm", "SSM", "AmazonSSM", API_JSON, false,
     "AddTagsToResource AssociateOpsItemRelatedItem CancelCommand "
     "CancelMaintenanceWindowExecution CreateActivation CreateAssociation CreateAssociationBatch "
     "CreateDocument CreateMaintenanceWindow CreateOpsItem CreateOpsMetadata CreatePatchBaseline "
     "CreateResourceDataSync DeleteActivation DeleteAssociation DeleteDocument DeleteInventory "
     "DeleteMaintenanceWindow DeleteOpsItem DeleteOpsMetadata DeleteParameter DeleteParameters "
     "DeletePatchBaseline DeleteResourceDataSync DeleteResourcePolicy DeregisterManagedInstance "
     "DeregisterPatchBaselineForPatchGroup DeregisterTargetFromMaintenanceWindow "
     "DeregisterTaskFromMaintenanceWindow DescribeActivations DescribeAssociation "
     "DescribeAssociationExecutionTargets DescribeAssociationExecutions "
     "DescribeAutomationExecutions DescribeAutomationStepExecutions DescribeAvailablePatches "
     "DescribeDocument DescribeDocumentPermission DescribeEffectiveInstanceAssociations "
     "DescribeEffectivePatchesForPatchBaseline DescribeInstanceAssociationsStatus "
     "DescribeInstanceInformation DescribeInstancePatchStates "
     "DescribeInstancePatchStatesForPatchGroup DescribeInstancePatches "
     "DescribeInstanceProperties DescribeInventoryDeletions "
     "DescribeMaintenanceWindowExecutionTaskInvocations DescribeMaintenanceWindowExecutionTasks "
     "DescribeMaintenanceWindowExecutions DescribeMaintenanceWindowSchedule "
     "DescribeMaintenanceWindowTargets DescribeMaintenanceWindowTasks DescribeMaintenanceWindows "
     "DescribeMaintenanceWindowsForTarget DescribeOpsItems DescribeParameters "
     "DescribePatchBaselines DescribePatchGroupState DescribePatchGroups DescribePatchProperties "
     "DescribeSessions DisassociateOpsItemRelatedItem GetAccessToken GetAutomationExecution "
     "GetCalendarState GetCommandInvocation GetConnectionStatus GetDefaultPatchBaseline "
     "GetDeployablePatchSnapshotForInstance GetDocument GetExecutionPreview GetInventory "
     "GetInventorySchema GetMaintenanceWindow GetMaintenanceWindowExecution "
     "GetMaintenanceWindowExecutionTask GetMaintenanceWindowExecutionTaskInvocation "
     "GetMaintenanceWindowTask GetOpsItem GetOpsMetadata GetOpsSummary GetParameter "
     "GetParameterHistory GetParameters GetParametersByPath GetPatchBaseline "
     "GetPatchBaselineForPatchGroup GetResourcePolicies GetServiceSetting LabelParameterVersion "
     "ListAssociationVersions ListAssociations ListCommandInvocations ListCommands "
     "ListComplianceItems ListComplianceSummaries ListDocumentMetadataHistory "
     "ListDocumentVersions ListDocuments ListInventoryEntries ListNodes ListNodesSummary "
     "ListOpsItemEvents ListOpsItemRelatedItems ListOpsMetadata ListResourceComplianceSummaries "
     "ListResourceDataSync ListTagsForResource ModifyDocumentPermission PutComplianceItems "
     "PutInventory PutParameter PutResourcePolicy RegisterDefaultPatchBaseline "
     "RegisterPatchBaselineForPatchGroup RegisterTargetWithMaintenanceWindow "
     "RegisterTaskWithMaintenanceWindow RemoveTagsFromResource ResetServiceSetting ResumeSession "
     "SendAutomationSignal SendCommand StartAccessRequest StartAssociationsOnce "
     "StartAutomationExecution StartChangeRequestExecution StartExecutionPreview StartSession "
     "StopAutomationExecution TerminateSession UnlabelParameterVersion UpdateAssociation "
     "UpdateAssociationStatus UpdateDocument UpdateDocumentDefaultVersion UpdateDocumentMetadata "
     "UpdateMaintenanceWindow UpdateMaintenanceWindowTarget UpdateMaintenanceWindowTask "
     "UpdateManagedInstanceRole UpdateOpsItem UpdateOpsMetadata UpdatePatchBaseline "
     "UpdateResourceDataSync UpdateServiceSetting ",
     ""},
    {"ssm-contacts", "ssm-contacts", "ssm-contacts", "SSM_CONTACTS", "SSMContacts", API_JSON, false, "", ""},
    {"ssm-guiconnect", "ssm-guiconnect", "ssm-guiconnect", "SSM_GUICONNECT", "", API_REST_JSON, false, "",
     ""},
    {"ssm-incidents", "ssm-incidents", "ssm-incidents", "SSM_INCIDENTS", "", API_REST_JSON, false, "", ""},
    {"ssm-quicksetup", "ssm-quicksetup", "ssm-quicksetup", "SSM_QUICKSETUP", "", API_REST_JSON, false, "",
     ""},
    {"ssm-sap", "ssm-sap", "ssm-sap", "SSM_SAP", "", API_REST_JSON, false, "", ""},
    {"storagegateway", "storagegateway", "storagegateway", "STORAGE_GATEWAY", "StorageGateway_20130630",
     API_JSON, false, "", ""},
    {"sts", "sts", "sts", "STS", "", API_QUERY, false,
     "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity AssumeRoot "
     "DecodeAuthorizationMessage GetAccessKeyInfo GetCallerIdentity GetDelegatedAccessToken "
     "GetFederationToken GetSessionToken GetWebIdentityToken ",
     ""},
    {"support", "support", "support", "SUPPORT", "AWSSupport_20130415", API_JSON, false, "", ""},
    {"sustainability", "sustainability", "sustainability", "SUSTAINABILITY", "", API_REST_JSON, false, "",
     ""},
    {"swf", "swf", "swf", "SWF", "SimpleWorkflowService", API_JSON, false, "", ""},
    {"synthetics", "synthetics", "synthetics", "SYNTHETICS", "", API_REST_JSON, false, "", ""},
    {"textract", "textract", "textract", "TEXTRACT", "Textract", API_JSON, false, "", ""},
    {"timestream-influxdb", "timestream-influxdb", "timestream-influxdb", "TIMESTREAM_INFLUXDB",
     "AmazonTimestreamInfluxDB", API_JSON, false, "", ""},
    {"tnb", "tnb", "tnb", "TNB", "", API_REST_JSON, false, "", ""},
    {"transcribe", "transcribe", "transcribe", "TRANSCRIBE", "Transcribe", API_JSON, false, "", ""},
    {"transfer", "transfer", "transfer", "TRANSFER", "TransferService", API_JSON, false, "", ""},
    {"translate", "translate", "translate", "TRANSLATE", "AWSShineFrontendService_20170701", API_JSON, false,
     "", ""},
    {"trustedadvisor", "trustedadvisor", "trustedadvisor", "TRUSTEDADVISOR", "", API_REST_JSON, false, "",
     ""},
    {"uxc", "uxc", "uxc", "UXC", "", API_REST_JSON, false, "", ""},
    {"verifiedpermissions", "verifiedpermissions", "verifiedpermissions", "VERIFIEDPERMISSIONS",
     "VerifiedPermissions", API_JSON, false, "", ""},
    {"vpc-lattice", "vpc-lattice", "vpc-lattice", "VPC_LATTICE", "", API_REST_JSON, false, "", ""},
    {"waf", "waf", "waf", "WAF", "AWSWAF_20150824", API_JSON, false, "", ""},
    {"waf-regional", "waf-regional", "waf-regional", "WAF_REGIONAL", "AWSWAF_Regional_20161128", API_JSON,
     false, "", ""},
    {"wafv2", "wafv2", "wafv2", "WAFV2", "AWSWAF_20190729", API_JSON, false, "", ""},
    {"wellarchitected", "wellarchitected", "wellarchitected", "WELLARCHITECTED", "", API_REST_JSON, false, "",
     ""},
    {"wickr", "wickr", "admin.wickr", "WICKR", "", API_REST_JSON, false, "", ""},
    {"wisdom", "wisdom", "wisdom", "WISDOM", "", API_REST_JSON, false, "", ""},
    {"workdocs", "workdocs", "workdocs", "WORKDOCS", "", API_REST_JSON, false, "", ""},
    {"workmail", "workmail", "workmail", "WORKMAIL", "WorkMailService", API_JSON, false, "", ""},
    {"workmailmessageflow", "workmailmessageflow", "workmailmessageflow", "WORKMAILMESSAGEFLOW", "",
     API_REST_JSON, false, "", ""},
    {"workspaces", "workspaces", "workspaces", "WORKSPACES", "WorkspacesService", API_JSON, false, "", ""},
    {"workspaces-instances", "workspaces-instances", "workspaces-instances", "WORKSPACES_INSTANCES",
     "EUCMIFrontendAPIService", API_JSON, false, "", ""},
    {"workspaces-web", "workspaces-web", "workspaces-web", "WORKSPACES_WEB", "", API_REST_JSON, false, "",
     ""},
    {"xray", "xray", "xray", "XRAY", "", API_REST_JSON, false, "", api_routes_xray},
    {"elasticloadbalancing", "elbv2", "elasticloadbalancing", "ELASTIC_LOAD_BALANCING_V2", "", API_QUERY,
     false,
     "AddListenerCertificates AddTags AddTrustStoreRevocations CreateListener CreateLoadBalancer "
     "CreateRule CreateTargetGroup CreateTrustStore DeleteListener DeleteLoadBalancer DeleteRule "
     "DeleteSharedTrustStoreAssociation DeleteTargetGroup DeleteTrustStore DeregisterTargets "
     "DescribeAccountLimits DescribeCapacityReservation DescribeListenerAttributes "
     "DescribeListenerCertificates DescribeListeners DescribeLoadBalancerAttributes "
     "DescribeLoadBalancers DescribeRules DescribeSSLPolicies DescribeTags "
     "DescribeTargetGroupAttributes DescribeTargetGroups DescribeTargetHealth "
     "DescribeTrustStoreAssociations DescribeTrustStoreRevocations DescribeTrustStores "
     "GetResourcePolicy GetTrustStoreCaCertificatesBundle GetTrustStoreRevocationContent "
     "ModifyCapacityReservation ModifyIpPools ModifyListener ModifyListenerAttributes "
     "ModifyLoadBalancerAttributes ModifyRule ModifyTargetGroup ModifyTargetGroupAttributes "
     "ModifyTrustStore RegisterTargets RemoveListenerCertificates RemoveTags "
     "RemoveTrustStoreRevocations SetIpAddressType SetRulePriorities SetSecurityGroups "
     "SetSubnets ",
     ""},
    {"access-analyzer", "accessanalyzer", "access-analyzer", "ACCESSANALYZER", "", API_REST_JSON, false, "",
     ""},
    {"aps", "amp", "aps", "AMP", "", API_REST_JSON, false, "", ""},
    {"execute-api", "apigatewaymanagementapi", "execute-api", "APIGATEWAYMANAGEMENTAPI", "", API_REST_JSON,
     false, "", ""},
    {"apigateway", "apigatewayv2", "apigateway", "APIGATEWAYV2", "", API_REST_JSON, false, "",
     api_routes_apigatewayv2},
    {"appconfig", "appconfigdata", "appconfigdata", "APPCONFIGDATA", "", API_REST_JSON, false, "", ""},
    {"app-integrations", "appintegrations", "app-integrations", "APPINTEGRATIONS", "", API_REST_JSON, false,
     "", ""},
    {"applicationinsights", "application-insights", "applicationinsights", "APPLICATION_INSIGHTS",
     "EC2WindowsBarleyService", API_JSON, false, "", ""},
    {"application-cost-profiler", "applicationcostprofiler", "application-cost-profiler",
     "APPLICATIONCOSTPROFILER", "", API_REST_JSON, false, "", ""},
    {"backup-search", "backupsearch", "backup-search", "BACKUPSEARCH", "", API_REST_JSON, false, "", ""},
    {"bedrock", "bedrock-agent", "bedrock-agent", "BEDROCK_AGENT", "", API_REST_JSON, false, "", ""},
    {"bedrock", "bedrock-agent-runtime", "bedrock-agent-runtime", "BEDROCK_AGENT_RUNTIME", "", API_REST_JSON,
     false, "", api_routes_bedrock_agent_runtime},
    {"bedrock-agentcore", "bedrock-agentcore-control", "bedrock-agentcore-control",
     "BEDROCK_AGENTCORE_CONTROL", "", API_REST_JSON, false, "", ""},
    {"bedrock", "bedrock-data-automation", "bedrock-data-automation", "BEDROCK_DATA_AUTOMATION", "",
     API_REST_JSON, false, "", ""},
    {"bedrock", "bedrock-data-automation-runtime", "bedrock-data-automation-runtime",
     "BEDROCK_DATA_AUTOMATION_RUNTIME", "AmazonBedrockKeystoneRuntimeService", API_JSON, false, "", ""},
    {"bedrock", "bedrock-runtime", "bedrock-runtime", "BEDROCK_RUNTIME", "", API_REST_JSON, false, "",
     api_routes_bedrock_runtime},
    {"chime", "chime-sdk-identity", "identity-chime", "CHIME_SDK_IDENTITY", "", API_REST_JSON, false, "", ""},
    {"chime", "chime-sdk-media-pipelines", "media-pipelines-chime", "CHIME_SDK_MEDIA_PIPELINES", "",
     API_REST_JSON, false, "", ""},
    {"chime", "chime-sdk-meetings", "meetings-chime", "CHIME_SDK_MEETINGS", "", API_REST_JSON, false, "", ""},
    {"chime", "chime-sdk-messaging", "messaging-chime", "CHIME_SDK_MESSAGING", "", API_REST_JSON, false, "",
     ""},
    {"chime", "chime-sdk-voice", "voice-chime", "CHIME_SDK_VOICE", "", API_REST_JSON, false, "", ""},
    {"cleanrooms-ml", "cleanroomsml", "cleanrooms-ml", "CLEANROOMSML", "", API_REST_JSON, false, "", ""},
    {"cloudcontrolapi", "cloudcontrol", "cloudcontrolapi", "CLOUDCONTROL", "CloudApiService", API_JSON, false,
     "", ""},
    {"cloudhsm", "cloudhsmv2", "cloudhsmv2", "CLOUDHSM_V2", "BaldrApiService", API_JSON, false, "", ""},
    {"cloudsearch", "cloudsearchdomain", "cloudsearchdomain", "CLOUDSEARCH_DOMAIN", "", API_REST_JSON, false,
     "", ""},
    {"monitoring", "cloudwatch", "monitoring", "CLOUDWATCH", "GraniteServiceVersion20100801", API_CBOR, true,
     "DeleteAlarmMuteRule DeleteAlarms DeleteAnomalyDetector DeleteDashboards DeleteInsightRules "
     "DeleteMetricStream DescribeAlarmContributors DescribeAlarmHistory DescribeAlarms "
     "DescribeAlarmsForMetric DescribeAnomalyDetectors DescribeInsightRules DisableAlarmActions "
     "DisableInsightRules EnableAlarmActions EnableInsightRules GetAlarmMuteRule GetDashboard "
     "GetInsightRuleReport GetMetricData GetMetricStatistics GetMetricStream "
     "GetMetricWidgetImage GetOTelEnrichment ListAlarmMuteRules ListDashboards "
     "ListManagedInsightRules ListMetricStreams ListMetrics ListTagsForResource PutAlarmMuteRule "
     "PutAnomalyDetector PutCompositeAlarm PutDashboard PutInsightRule PutManagedInsightRules "
     "PutMetricAlarm PutMetricData PutMetricStream SetAlarmState StartMetricStreams "
     "StartOTelEnrichment StopMetricStreams StopOTelEnrichment TagResource UntagResource ",
     ""},
    {"codeguru-profiler", "codeguruprofiler", "codeguru-profiler", "CODEGURUPROFILER", "", API_REST_JSON,
     false, "", ""},
    {"aco-automation", "compute-optimizer-automation", "aco-automation", "COMPUTE_OPTIMIZER_AUTOMATION",
     "ComputeOptimizerAutomationService", API_CBOR, false, "", ""},
    {"connect", "connect-contact-lens", "contact-lens", "CONNECT_CONTACT_LENS", "", API_REST_JSON, false, "",
     ""},
    {"connect-campaigns", "connectcampaigns", "connect-campaigns", "CONNECTCAMPAIGNS", "", API_REST_JSON,
     false, "", ""},
    {"connect-campaigns", "connectcampaignsv2", "connect-campaigns", "CONNECTCAMPAIGNSV2", "", API_REST_JSON,
     false, "", ""},
    {"cases", "connectcases", "cases", "CONNECTCASES", "", API_REST_JSON, false, "", ""},
    {"health-agent", "connecthealth", "health-agent", "CONNECTHEALTH", "", API_REST_JSON, false, "", ""},
    {"execute-api", "connectparticipant", "participant.connect", "CONNECTPARTICIPANT", "", API_REST_JSON,
     false, "", ""},
    {"profile", "customer-profiles", "profile", "CUSTOMER_PROFILES", "", API_REST_JSON, false, "", ""},
    {"aidevops", "devops-agent", "aidevops", "DEVOPS_AGENT", "", API_REST_JSON, false, "", ""},
    {"rds", "docdb", "rds", "DOCDB", "", API_QUERY, false, "", ""},
    {"dynamodb", "dynamodbstreams", "streams.dynamodb", "DYNAMODB_STREAMS", "DynamoDBStreams_20120810",
     API_JSON, false, "DescribeStream GetRecords GetShardIterator ListStreams ", ""},
    {"elasticfilesystem", "efs", "elasticfilesystem", "EFS", "", API_REST_JSON, false, "", api_routes_efs},
    {"elasticloadbalancing", "elb", "elasticloadbalancing", "ELASTIC_LOAD_BALANCING", "", API_QUERY, false,
     "AddTags ApplySecurityGroupsToLoadBalancer AttachLoadBalancerToSubnets ConfigureHealthCheck "
     "CreateAppCookieStickinessPolicy CreateLBCookieStickinessPolicy CreateLoadBalancer "
     "CreateLoadBalancerListeners CreateLoadBalancerPolicy DeleteLoadBalancer "
     "DeleteLoadBalancerListeners DeleteLoadBalancerPolicy DeregisterInstancesFromLoadBalancer "
     "DescribeAccountLimits DescribeInstanceHealth DescribeLoadBalancerAttributes "
     "DescribeLoadBalancerPolicies DescribeLoadBalancerPolicyTypes DescribeLoadBalancers "
     "DescribeTags DetachLoadBalancerFromSubnets DisableAvailabilityZonesForLoadBalancer "
     "EnableAvailabilityZonesForLoadBalancer ModifyLoadBalancerAttributes "
     "RegisterInstancesWithLoadBalancer RemoveTags SetLoadBalancerListenerSSLCertificate "
     "SetLoadBalancerPoliciesForBackendServer SetLoadBalancerPoliciesOfListener ",
     ""},
    {"elemental-inference", "elementalinference", "elemental-inference", "ELEMENTALINFERENCE", "",
     API_REST_JSON, false, "", ""},
    {"elasticmapreduce", "emr", "elasticmapreduce", "EMR", "ElasticMapReduce", API_JSON, false, "", ""},
    {"finspace-api", "finspace-data", "finspace-api", "FINSPACE_DATA", "", API_REST_JSON, false, "", ""},
    {"forecast", "forecastquery", "forecastquery", "FORECASTQUERY", "AmazonForecastRuntime", API_JSON, false,
     "", ""},
    {"greengrass", "greengrassv2", "greengrass", "GREENGRASSV2", "", API_REST_JSON, false, "", ""},
    {"iotdata", "iot-data", "data-ats.iot", "IOT_DATA_PLANE", "", API_REST_JSON, false, "",
     api_routes_iot_data},
    {"iotmanagedintegrations", "iot-managed-integrations", "api.iotmanagedintegrations",
     "IOT_MANAGED_INTEGRATIONS", "", API_REST_JSON, false, "", ""},
    {"ioteventsdata", "iotevents-data", "data.iotevents", "IOT_EVENTS_DATA", "", API_REST_JSON, false, "",
     ""},
    {"IoTSecuredTunneling", "iotsecuretunneling", "api.tunneling.iot", "IOTSECURETUNNELING",
     "IoTSecuredTunneling", API_JSON, false, "", ""},
    {"ivs", "ivs-realtime", "ivsrealtime", "IVS_REALTIME", "", API_REST_JSON, false, "", ""},
    {"cassandra", "keyspaces", "cassandra", "KEYSPACES", "KeyspacesService", API_JSON, false, "", ""},
    {"cassandra", "keyspacesstreams", "cassandra-streams", "KEYSPACESSTREAMS", "KeyspacesStreams", API_JSON,
     false, "", ""},
    {"kinesisvideo", "kinesis-video-archived-media", "kinesisvideo", "KINESIS_VIDEO_ARCHIVED_MEDIA", "",
     API_REST_JSON, false, "", ""},
    {"kinesisvideo", "kinesis-video-media", "kinesisvideo", "KINESIS_VIDEO_MEDIA", "", API_REST_JSON, false,
     "", ""},
    {"kinesisvideo", "kinesis-video-signaling", "kinesisvideo", "KINESIS_VIDEO_SIGNALING", "", API_REST_JSON,
     false, "", ""},
    {"kinesisvideo", "kinesis-video-webrtc-storage", "kinesisvideo", "KINESIS_VIDEO_WEBRTC_STORAGE", "",
     API_REST_JSON, false, "", ""},
    {"kinesisanalytics", "kinesisanalyticsv2", "kinesisanalytics", "KINESIS_ANALYTICS_V2",
     "KinesisAnalytics_20180523", API_JSON, false, "", ""},
    {"launchwizard", "launch-wizard", "launchwizard", "LAUNCH_WIZARD", "", API_REST_JSON, false, "", ""},
    {"lex", "lex-models", "models.lex", "LEX_MODEL_BUILDING_SERVICE", "", API_REST_JSON, false, "", ""},
    {"lex", "lex-runtime", "runtime.lex", "LEX_RUNTIME_SERVICE", "", API_REST_JSON, false, "", ""},
    {"lex", "lexv2-models", "models-v2-lex", "LEX_MODELS_V2", "", API_REST_JSON, false, "", ""},
    {"lex", "lexv2-runtime", "runtime-v2-lex", "LEX_RUNTIME_V2", "", API_REST_JSON, false, "", ""},
    {"geo", "location", "geo", "LOCATION", "", API_REST_JSON, false, "", ""},
    {"ses", "mailmanager", "mail-manager", "MAILMANAGER", "MailManagerSvc", API_JSON, false, "", ""},
    {"aws-marketplace", "marketplace-agreement", "agreement-marketplace", "MARKETPLACE_AGREEMENT",
     "AWSMPCommerceService_v20200301", API_JSON, false, "", ""},
    {"aws-marketplace", "marketplace-catalog", "catalog.marketplace", "MARKETPLACE_CATALOG", "",
     API_REST_JSON, false, "", ""},
    {"aws-marketplace", "marketplace-deployment", "deployment-marketplace", "MARKETPLACE_DEPLOYMENT", "",
     API_REST_JSON, false, "", ""},
    {"aws-marketplace", "marketplace-discovery", "discovery-marketplace", "MARKETPLACE_DISCOVERY", "",
     API_REST_JSON, false, "", ""},
    {"aws-marketplace", "marketplace-entitlement", "entitlement.marketplace",
     "MARKETPLACE_ENTITLEMENT_SERVICE", "AWSMPEntitlementService", API_CBOR, false, "", ""},
    {"aws-marketplace", "marketplace-reporting", "reporting-marketplace", "MARKETPLACE_REPORTING", "",
     API_REST_JSON, false, "", ""},
    {"mediastore", "mediastore-data", "data.mediastore", "MEDIASTORE_DATA", "", API_REST_JSON, false, "", ""},
    {"aws-marketplace", "meteringmarketplace", "metering.marketplace", "MARKETPLACE_METERING",
     "AWSMPMeteringService", API_JSON, false, "", ""},
    {"refactor-spaces", "migration-hub-refactor-spaces", "refactor-spaces", "MIGRATION_HUB_REFACTOR_SPACES",
     "", API_REST_JSON, false, "", ""},
    {"mgh", "migrationhub-config", "migrationhub-config", "MIGRATIONHUB_CONFIG",
     "AWSMigrationHubMultiAccountService", API_JSON, false, "", ""},
    {"migrationhub-orchestrator", "migrationhuborchestrator", "migrationhub-orchestrator",
     "MIGRATIONHUBORCHESTRATOR", "", API_REST_JSON, false, "", ""},
    {"migrationhub-strategy", "migrationhubstrategy", "migrationhub-strategy", "MIGRATIONHUBSTRATEGY", "",
     API_REST_JSON, false, "", ""},
    {"mturk-requester", "mturk", "mturk-requester", "MTURK", "MTurkRequesterServiceV20170117", API_JSON,
     false, "", ""},
    {"airflow", "mwaa", "airflow", "MWAA", "", API_REST_JSON, false, "", ""},
    {"airflow-serverless", "mwaa-serverless", "airflow-serverless", "MWAA_SERVERLESS", "AmazonMWAAServerless",
     API_JSON, false, "", ""},
    {"rds", "neptune", "rds", "NEPTUNE", "", API_QUERY, false, "", ""},
    {"neptune-db", "neptunedata", "neptune-db", "NEPTUNEDATA", "", API_REST_JSON, false, "", ""},
    {"notifications-contacts", "notificationscontacts", "notifications-contacts", "NOTIFICATIONSCONTACTS", "",
     API_REST_JSON, false, "", ""},
    {"es", "opensearch", "es", "OPENSEARCH", "", API_REST_JSON, false, "", api_routes_opensearch},
    {"aoss", "opensearchserverless", "aoss", "OPENSEARCHSERVERLESS", "OpenSearchServerless", API_JSON, false,
     "", ""},
    {"payment-cryptography", "payment-cryptography-data", "dataplane.payment-cryptography",
     "PAYMENT_CRYPTOGRAPHY_DATA", "", API_REST_JSON, false, "", ""},
    {"personalize", "personalize-events", "personalize-events", "PERSONALIZE_EVENTS", "", API_REST_JSON,
     false, "", ""},
    {"personalize", "personalize-runtime", "personalize-runtime", "PERSONALIZE_RUNTIME", "", API_REST_JSON,
     false, "", ""},
    {"mobiletargeting", "pinpoint", "pinpoint", "PINPOINT", "", API_REST_JSON, false, "", ""},
    {"ses", "pinpoint-email", "email", "PINPOINT_EMAIL", "", API_REST_JSON, false, "", ""},
    {"sms-voice", "pinpoint-sms-voice", "sms-voice.pinpoint", "PINPOINT_SMS_VOICE", "", API_REST_JSON, false,
     "", ""},
    {"sms-voice", "pinpoint-sms-voice-v2", "sms-voice", "PINPOINT_SMS_VOICE_V2", "PinpointSMSVoiceV2",
     API_JSON, false, "", ""},
    {"wisdom", "qconnect", "wisdom", "QCONNECT", "", API_REST_JSON, false, "", ""},
    {"tagging", "resourcegroupstaggingapi", "tagging", "RESOURCE_GROUPS_TAGGING_API",
     "ResourceGroupsTaggingAPI_20170126", API_JSON, false, "", ""},
    {"s3", "s3control", "s3-control", "S3_CONTROL", "", API_REST_XML, false,
     "AssociateAccessGrantsIdentityCenter CreateAccessGrant CreateAccessGrantsInstance "
     "CreateAccessGrantsLocation CreateAccessPoint CreateAccessPointForObjectLambda CreateBucket "
     "CreateJob CreateMultiRegionAccessPoint CreateStorageLensGroup DeleteAccessGrant "
     "DeleteAccessGrantsInstance DeleteAccessGrantsInstanceResourcePolicy "
     "DeleteAccessGrantsLocation DeleteAccessPoint DeleteAccessPointForObjectLambda "
     "DeleteAccessPointPolicy DeleteAccessPointPolicyForObjectLambda DeleteAccessPointScope "
     "DeleteBucket DeleteBucketLifecycleConfiguration DeleteBucketPolicy DeleteBucketReplication "
     "DeleteBucketTagging DeleteJobTagging DeleteMultiRegionAccessPoint DeletePublicAccessBlock "
     "DeleteStorageLensConfiguration DeleteStorageLensConfigurationTagging "
     "DeleteStorageLensGroup DescribeJob DescribeMultiRegionAccessPointOperation "
     "DissociateAccessGrantsIdentityCenter GetAccessGrant GetAccessGrantsInstance "
     "GetAccessGrantsInstanceForPrefix GetAccessGrantsInstanceResourcePolicy "
     "GetAccessGrantsLocation GetAccessPoint GetAccessPointConfigurationForObjectLambda "
     "GetAccessPointForObjectLambda GetAccessPointPolicy GetAccessPointPolicyForObjectLambda "
     "GetAccessPointPolicyStatus GetAccessPointPolicyStatusForObjectLambda GetAccessPointScope "
     "GetBucket GetBucketLifecycleConfiguration GetBucketPolicy GetBucketReplication "
     "GetBucketTagging GetBucketVersioning GetDataAccess GetJobTagging GetMultiRegionAccessPoint "
     "GetMultiRegionAccessPointPolicy GetMultiRegionAccessPointPolicyStatus "
     "GetMultiRegionAccessPointRoutes GetPublicAccessBlock GetStorageLensConfiguration "
     "GetStorageLensConfigurationTagging GetStorageLensGroup ListAccessGrants "
     "ListAccessGrantsInstances ListAccessGrantsLocations ListAccessPoints "
     "ListAccessPointsForDirectoryBuckets ListAccessPointsForObjectLambda ListCallerAccessGrants "
     "ListJobs ListMultiRegionAccessPoints ListRegionalBuckets ListStorageLensConfigurations "
     "ListStorageLensGroups ListTagsForResource PutAccessGrantsInstanceResourcePolicy "
     "PutAccessPointConfigurationForObjectLambda PutAccessPointPolicy "
     "PutAccessPointPolicyForObjectLambda PutAccessPointScope PutBucketLifecycleConfiguration "
     "PutBucketPolicy PutBucketReplication PutBucketTagging PutBucketVersioning PutJobTagging "
     "PutMultiRegionAccessPointPolicy PutPublicAccessBlock PutStorageLensConfiguration "
     "PutStorageLensConfigurationTagging SubmitMultiRegionAccessPointRoutes TagResource "
     "UntagResource UpdateAccessGrantsLocation UpdateJobPriority UpdateJobStatus "
     "UpdateStorageLensGroup ",
     ""},
    {"s3-outposts", "s3outposts", "s3-outposts", "S3OUTPOSTS", "", API_REST_JSON, false, "", ""},
    {"sagemaker", "sagemaker-a2i-runtime", "a2i-runtime.sagemaker", "SAGEMAKER_A2I_RUNTIME", "",
     API_REST_JSON, false, "", ""},
    {"sagemaker", "sagemaker-edge", "edge.sagemaker", "SAGEMAKER_EDGE", "", API_REST_JSON, false, "", ""},
    {"sagemaker", "sagemaker-featurestore-runtime", "featurestore-runtime.sagemaker",
     "SAGEMAKER_FEATURESTORE_RUNTIME", "", API_REST_JSON, false, "", ""},
    {"sagemaker", "sagemaker-metrics", "metrics.sagemaker", "SAGEMAKER_METRICS", "", API_REST_JSON, false, "",
     ""},
    {"sagemaker", "sagemaker-runtime", "runtime.sagemaker", "SAGEMAKER_RUNTIME", "", API_REST_JSON, false, "",
     ""},
    {"servicequotas", "service-quotas", "servicequotas", "SERVICE_QUOTAS", "ServiceQuotasV20190624", API_JSON,
     false, "", ""},
    {"servicecatalog", "servicecatalog-appregistry", "servicecatalog-appregistry",
     "SERVICE_CATALOG_APPREGISTRY", "", API_REST_JSON, false, "", ""},
    {"ses", "sesv2", "email", "SESV2", "", API_REST_JSON, false, "", api_routes_sesv2},
    {"signer", "signer-data", "data-signer", "SIGNER_DATA", "", API_REST_JSON, false, "", ""},
    {"sdb", "simpledbv2", "sdb", "SIMPLEDBV2", "", API_REST_JSON, false, "", ""},
    {"social-messaging", "socialmessaging", "social-messaging", "SOCIALMESSAGING", "", API_REST_JSON, false,
     "", ""},
    {"awsssoportal", "sso", "portal.sso", "SSO", "", API_REST_JSON, false, "", ""},
    {"sso", "sso-admin", "sso", "SSO_ADMIN", "SWBExternalService", API_JSON, false, "", ""},
    {"sso-oauth", "sso-oidc", "oidc", "SSO_OIDC", "", API_REST_JSON, false, "", ""},
    {"states", "stepfunctions", "states", "SFN", "AWSStepFunctions", API_JSON, false,
     "CreateActivity CreateStateMachine CreateStateMachineAlias DeleteActivity "
     "DeleteStateMachine DeleteStateMachineAlias DeleteStateMachineVersion DescribeActivity "
     "DescribeExecution DescribeMapRun DescribeStateMachine DescribeStateMachineAlias "
     "DescribeStateMachineForExecution GetActivityTask GetExecutionHistory ListActivities "
     "ListExecutions ListMapRuns ListStateMachineAliases ListStateMachineVersions "
     "ListStateMachines ListTagsForResource PublishStateMachineVersion RedriveExecution "
     "SendTaskFailure SendTaskHeartbeat SendTaskSuccess StartExecution StartSyncExecution "
     "StopExecution TagResource TestState UntagResource UpdateMapRun UpdateStateMachine "
     "UpdateStateMachineAlias ValidateStateMachineDefinition ",
     ""},
    {"scn", "supplychain", "scn", "SUPPLYCHAIN", "", API_REST_JSON, false, "", ""},
    {"supportapp", "support-app", "supportapp", "SUPPORT_APP", "", API_REST_JSON, false, "", ""},
    {"tax", "taxsettings", "tax", "TAXSETTINGS", "", API_REST_JSON, false, "", ""},
    {"timestream", "timestream-query", "query.timestream", "TIMESTREAM_QUERY", "Timestream_20181101",
     API_JSON, false, "", ""},
    {"timestream", "timestream-write", "ingest.timestream", "TIMESTREAM_WRITE", "Timestream_20181101",
     API_JSON, false, "", ""},
    {"voiceid", "voice-id", "voiceid", "VOICE_ID", "VoiceID", API_JSON, false, "", ""},
    {"thinclient", "workspaces-thin-client", "thinclient", "WORKSPACES_THIN_CLIENT", "", API_REST_JSON, false,
     "", ""},
};
const size_t api_service_count = sizeof api_services / sizeof api_services[0];
