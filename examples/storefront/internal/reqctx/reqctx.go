// Package reqctx carries what is known of a request through its context.
package reqctx

import "context"

const (
	requestID = "storefront.request-id"
	customer  = "storefront.customer"
	country   = "storefront.country"
	currency  = "storefront.currency"
)

// Info is what is known of a request.
type Info struct {
	RequestID, Customer, Country, Currency string
}

// With adds what is known to a context.
func With(ctx context.Context, info Info) context.Context {
	ctx = context.WithValue(ctx, requestID, info.RequestID)
	ctx = context.WithValue(ctx, customer, info.Customer)
	ctx = context.WithValue(ctx, country, info.Country)
	ctx = context.WithValue(ctx, currency, info.Currency)
	return ctx
}

// From returns what is known; fields that nobody set are empty.
func From(ctx context.Context) Info {
	return Info{
		RequestID: value(ctx, requestID),
		Customer:  value(ctx, customer),
		Country:   value(ctx, country),
		Currency:  value(ctx, currency),
	}
}

func value(ctx context.Context, key string) string {
	text, _ := ctx.Value(key).(string)
	return text
}
