package plugin

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// maxAnswerBytes bounds what one answer may bring into this process.
const maxAnswerBytes = 64 << 20

// service speaks to the Amadeus service.
type service struct {
	base   string
	token  string
	client *http.Client
}

type answer struct {
	status int
	body   []byte
}

// call sends one request and returns the answer's body. idToken is Grafana's signed identity of the person who looks; it is
// empty for alert rules and public dashboards. It returns a failure for anything but a 2xx JSON answer.
func (s *service) call(ctx context.Context, method, path string, body []byte, idToken string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.base+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, failure{kind: kindSettings, text: "The service URL is not a web address. Correct it in the data source settings."}
	}
	request.Header.Set("Accept", "application/json")
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	if idToken != "" {
		request.Header.Set("X-Grafana-Id", idToken)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return answer{}, transportFailure(ctx, s.base, err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	if err != nil {
		return answer{}, transportFailure(ctx, s.base, err)
	}
	if len(content) > maxAnswerBytes {
		return answer{}, failure{kind: kindRequest, status: http.StatusRequestEntityTooLarge, text: fmt.Sprintf("The answer is larger than %d MiB. Ask for a shorter range, a coarser granularity or fewer dimensions.", maxAnswerBytes>>20)}
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return answer{}, answerFailure(s.base, response.StatusCode, content)
	}
	if kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); kind != "application/json" {
		return answer{}, notAmadeus(s.base, http.StatusBadGateway)
	}
	return answer{status: response.StatusCode, body: content}, nil
}
