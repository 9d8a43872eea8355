/** FOCUS service categories by words in the names that AWS, Azure, Google Cloud and Oracle give their services; first match counts. */
const categories: readonly (readonly [RegExp, string])[] = [
  [
    /bedrock|sagemaker|rekognition|comprehend|textract|polly|transcribe|translate|lex\b|kendra|vertex|gemini|\bai\b|openai|cognitive|machine learning|foundry|generative|claude|anthropic/i,
    'AI and Machine Learning',
  ],
  [/support|marketplace|tax|business support/i, 'Other'],
  [
    /rds|aurora|dynamodb|elasticache|memorydb|redshift serverless|neptune|documentdb|keyspaces|timestream|cloud sql|spanner|firestore|bigtable|memorystore|alloydb|datastore|cosmos|sql database|sql server|mysql|postgresql|mariadb|redis|database|nosql|autonomous/i,
    'Databases',
  ],
  [
    /athena|redshift|glue|emr|elastic ?mapreduce|kinesis|opensearch|elasticsearch|quicksight|lake formation|bigquery|dataflow|dataproc|looker|pub\/sub lite|synapse|databricks|data factory|hdinsight|stream analytics|event hubs|fabric|analytics|data explorer/i,
    'Analytics',
  ],
  [
    /s3|simple storage|elastic block|\bebs\b|\befs\b|fsx|glacier|backup|snowball|cloud storage|filestore|^storage|blob|object storage|block storage|block volume|file storage|archive|disks/i,
    'Storage',
  ],
  [
    /cloudfront|route ?53|\bvpc\b|virtual private|data ?transfer|elastic load|elb\b|direct connect|global accelerator|api ?gateway|networking|cloud cdn|cloud nat|cloud dns|load balanc|bandwidth|virtual network|front door|expressroute|vpn|dns|firewall|cdn|fastconnect|interconnect/i,
    'Networking',
  ],
  [
    /kms|key management|secrets? ?manager|guardduty|security|inspector|macie|waf|shield|certificate|key vault|sentinel|defender|vault/i,
    'Security',
  ],
  [/cognito|\biam\b|identity|directory|active directory|entra/i, 'Identity'],
  [
    /sqs|queue|sns|notification|eventbridge|step ?functions|\bmq\b|appsync|ses\b|simple email|pub\/sub|service bus|logic apps|event grid|integration|workflows|streaming/i,
    'Integration',
  ],
  [/iot|greengrass/i, 'Internet of Things'],
  [
    /cloudwatch|cloudtrail|config|cost explorer|systems manager|organizations|monitor|logging|log analytics|stackdriver|operations|automation|management|telemetry|trusted advisor/i,
    'Management and Governance',
  ],
  [/migration|\bdms\b|datasync|transfer family/i, 'Migration'],
  [/media|elastic transcoder|ivs\b|video/i, 'Media'],
  [
    /codebuild|codepipeline|codecommit|codeartifact|x-ray|cloud build|artifact registry|devops|container registry|source repositories|ecr\b/i,
    'Developer Tools',
  ],
  [
    /ec2|elastic compute|lambda|\becs\b|\beks\b|fargate|lightsail|batch|beanstalk|compute|kubernetes|cloud run|cloud functions|functions|app engine|virtual machines|container|app service|savings ?plan|vmware|\bgke\b|\boke\b|instance/i,
    'Compute',
  ],
  [/amplify|device farm|mobile|pinpoint/i, 'Mobile'],
  [/workspaces|workmail|chime|connect\b|power bi|office|business/i, 'Business Applications'],
];

const maxRemembered = 2000;
const remembered = new Map<string, string>();

/** The FOCUS service category of a service's name; `Other` where its words say nothing. */
export function serviceCategoryOf(serviceName: string): string {
  const known = remembered.get(serviceName);
  if (known !== undefined) return known;
  const category = categories.find(([words]) => words.test(serviceName))?.[1] ?? 'Other';
  if (remembered.size < maxRemembered) remembered.set(serviceName, category);
  return category;
}
