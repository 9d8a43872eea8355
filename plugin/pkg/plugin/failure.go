package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

type failureKind string

const (
	kindSettings    failureKind = "settings"
	kindUnreachable failureKind = "unreachable"
	kindTimeout     failureKind = "timeout"
	kindRefused     failureKind = "refused"
	kindService     failureKind = "service"
	kindRequest     failureKind = "request"
)

// failure is an error that a person can act on: its text says what happened and what to do.
type failure struct {
	kind   failureKind
	status int
	text   string
}

func (f failure) Error() string { return f.text }

// source says whether this plugin's set-up or the service behind it is at fault.
func (f failure) source() backend.ErrorSource {
	if f.kind == kindSettings || f.kind == kindRequest {
		return backend.ErrorSourcePlugin
	}
	return backend.ErrorSourceDownstream
}

// httpStatus is the status a query or a resource answers with.
func (f failure) httpStatus() int {
	switch {
	case f.status != 0:
		return f.status
	case f.kind == kindTimeout:
		return http.StatusGatewayTimeout
	case f.kind == kindSettings || f.kind == kindRequest:
		return http.StatusBadRequest
	default:
		return http.StatusBadGateway
	}
}

func asFailure(err error) failure {
	var f failure
	if errors.As(err, &f) {
		return f
	}
	return failure{kind: kindService, text: err.Error()}
}

// transportFailure names why no answer came. The token never appears: it is in a header, not in the URL.
func transportFailure(ctx context.Context, base string, err error) failure {
	var timeout net.Error
	var dns *net.DNSError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return failure{kind: kindTimeout, status: 499, text: "The request was cancelled before the Amadeus service answered."}
	case errors.As(err, &dns):
		return failure{kind: kindUnreachable, text: fmt.Sprintf("The host name of %s is not known. Correct the service URL.", base)}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return failure{kind: kindTimeout, text: fmt.Sprintf("The Amadeus service at %s did not answer in time. Ask for a shorter range, or raise the timeout in the data source settings.", base)}
	default:
		return failure{kind: kindUnreachable, text: fmt.Sprintf("The Amadeus service at %s cannot be reached: %s. Start it, or correct the service URL.", base, rootCause(err))}
	}
}

func rootCause(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err.Error()
}

// problem is the service's application/problem+json.
type problem struct {
	Title   string `json:"title"`
	Detail  string `json:"detail"`
	Help    string `json:"help"`
	Code    string `json:"code"`
	TraceID string `json:"traceId"`
}

// answerFailure turns an answer that is not 2xx into a sentence.
func answerFailure(base string, status int, body []byte) failure {
	var p problem
	known := json.Unmarshal(body, &p) == nil && (p.Code != "" || p.Title != "" || p.Detail != "")
	if status == http.StatusUnauthorized {
		// Not 401: to a browser that would mean that its own Grafana session has ended.
		return failure{kind: kindRefused, status: http.StatusBadGateway, text: "The Amadeus service refused the token. Create a token for the data source there and enter it in the data source settings." + trace(p)}
	}
	if !known {
		if status < http.StatusInternalServerError {
			return notAmadeus(base, status)
		}
		return failure{kind: kindService, status: status, text: fmt.Sprintf("The Amadeus service at %s answered with status %d.", base, status)}
	}
	kind := kindService
	if status == http.StatusForbidden {
		kind = kindRefused
	} else if status < http.StatusInternalServerError {
		kind = kindRequest
	}
	parts := []string{}
	for _, part := range []string{p.Title, p.Detail, p.Help} {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, strings.TrimRight(part, ".")+".")
		}
	}
	return failure{kind: kind, status: status, text: strings.Join(parts, " ") + trace(p)}
}

func notAmadeus(base string, status int) failure {
	return failure{kind: kindService, status: status, text: base + " answers, but not as the Amadeus service does. Check the service URL."}
}

func trace(p problem) string {
	if p.TraceID == "" {
		return ""
	}
	return " Trace id: " + p.TraceID
}
