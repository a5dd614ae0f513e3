//! Customers, products, prices, contracts and their amendments
