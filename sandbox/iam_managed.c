/* iam: AWS's managed policies, those that tasks and experiments need, as AWS publishes them
 * (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html; the one of FIS in its
 * version 4). */
#include "sandbox/iam.h"

#include <string.h>

static const struct {
    const char *arn, *document;
} managed[] = {
    {"arn:aws:iam::aws:policy/AdministratorAccess", "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":"
                                                    "\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"},
    {"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
     "{\"Version\":\"2012-10-17\",\"Statement\":["
     "{\"Effect\":\"Allow\",\"Action\":[\"ssm:DescribeAssociation\",\"ssm:"
     "GetDeployablePatchSnapshotForInstance\","
     "\"ssm:GetDocument\",\"ssm:DescribeDocument\",\"ssm:GetManifest\",\"ssm:GetParameter\","
     "\"ssm:GetParameters\",\"ssm:ListAssociations\",\"ssm:ListInstanceAssociations\",\"ssm:PutInventory\","
     "\"ssm:PutComplianceItems\",\"ssm:PutConfigurePackageResult\",\"ssm:UpdateAssociationStatus\","
     "\"ssm:UpdateInstanceAssociationStatus\",\"ssm:UpdateInstanceInformation\"],\"Resource\":\"*\"},"
     "{\"Effect\":\"Allow\",\"Action\":[\"ssmmessages:CreateControlChannel\",\"ssmmessages:"
     "CreateDataChannel\","
     "\"ssmmessages:OpenControlChannel\",\"ssmmessages:OpenDataChannel\"],\"Resource\":\"*\"},"
     "{\"Effect\":\"Allow\",\"Action\":[\"ec2messages:AcknowledgeMessage\",\"ec2messages:DeleteMessage\","
     "\"ec2messages:FailMessage\",\"ec2messages:GetEndpoint\",\"ec2messages:GetMessages\","
     "\"ec2messages:SendReply\"],\"Resource\":\"*\"}]}"},
    {"arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
     "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":["
     "\"ecr:GetAuthorizationToken\",\"ecr:BatchCheckLayerAvailability\",\"ecr:GetDownloadUrlForLayer\","
     "\"ecr:BatchGetImage\",\"logs:CreateLogStream\",\"logs:PutLogEvents\"],\"Resource\":\"*\"}]}"},
    {"arn:aws:iam::aws:policy/service-role/AWSFaultInjectionSimulatorECSAccess",
     "{\"Version\":\"2012-10-17\",\"Statement\":["
     "{\"Sid\":\"Clusters\",\"Effect\":\"Allow\",\"Action\":[\"ecs:DescribeClusters\","
     "\"ecs:ListContainerInstances\"],\"Resource\":[\"arn:aws:ecs:*:*:cluster/*\"]},"
     "{\"Sid\":\"Tasks\",\"Effect\":\"Allow\",\"Action\":[\"ecs:DescribeTasks\",\"ecs:StopTask\"],"
     "\"Resource\":[\"arn:aws:ecs:*:*:task/*/*\"]},"
     "{\"Sid\":\"ContainerInstances\",\"Effect\":\"Allow\",\"Action\":[\"ecs:UpdateContainerInstancesState\"]"
     ","
     "\"Resource\":[\"arn:aws:ecs:*:*:container-instance/*/*\"]},"
     "{\"Sid\":\"ListTasks\",\"Effect\":\"Allow\",\"Action\":[\"ecs:ListTasks\"],\"Resource\":\"*\"},"
     "{\"Sid\":\"SSMSend\",\"Effect\":\"Allow\",\"Action\":\"ssm:SendCommand\",\"Resource\":["
     "\"arn:aws:ssm:*:*:managed-instance/*\",\"arn:aws:ssm:*:*:document/*\"]},"
     "{\"Sid\":\"SSMList\",\"Effect\":\"Allow\",\"Action\":[\"ssm:ListCommands\",\"ssm:CancelCommand\"],"
     "\"Resource\":\"*\"},"
     "{\"Sid\":\"TargetResolutionByTags\",\"Effect\":\"Allow\",\"Action\":[\"tag:GetResources\"],"
     "\"Resource\":\"*\"}]}"},
};

const char *iam_managed_document(const char *arn)
{
    for (size_t i = 0; i < sizeof managed / sizeof *managed; i++) {
        if (strcmp(managed[i].arn, arn) == 0)
            return managed[i].document;
    }
    return NULL;
}
