import { Component, type ReactNode } from 'react'

interface BoundaryProps {
  /** Shown instead of the children after rendering them has failed; goOn renders them again. */
  fallback: (goOn: () => void) => ReactNode
  children: ReactNode
}

/** Boundary keeps an error in one part of the document from taking the rest along. */
export class Boundary extends Component<BoundaryProps, { broken: boolean }> {
  override state = { broken: false }

  static getDerivedStateFromError() {
    return { broken: true }
  }

  override render() {
    const { fallback, children } = this.props
    return this.state.broken ? fallback(() => this.setState({ broken: false })) : children
  }
}
