/** A metric as OpenTelemetry's semantic conventions name it; Prometheus knows neither its dots nor its unit. */
interface SemanticMetric {
  name: string;
  unit: string;
}

const metrics: Readonly<Record<string, SemanticMetric>> = {
  gen_ai_client_token_usage: { name: 'gen_ai.client.token.usage', unit: '{token}' },
  gen_ai_client_operation_duration_seconds: { name: 'gen_ai.client.operation.duration', unit: 's' },
  gen_ai_server_time_to_first_token_seconds: { name: 'gen_ai.server.time_to_first_token', unit: 's' },
  gen_ai_server_time_per_output_token_seconds: { name: 'gen_ai.server.time_per_output_token', unit: 's' },
};
const attributes: Readonly<Record<string, string>> = {
  gen_ai_operation_name: 'gen_ai.operation.name',
  gen_ai_provider_name: 'gen_ai.provider.name',
  gen_ai_request_model: 'gen_ai.request.model',
  gen_ai_token_type: 'gen_ai.token.type',
  error_type: 'error.type',
};

/** @returns undefined for metrics of the service's own */
export function semanticMetric(name: string): SemanticMetric | undefined {
  return metrics[name];
}

export function semanticAttribute(label: string): string {
  return attributes[label] ?? label;
}
